-- One row per day with answers and rating scale (version of the question); the window ends there.
with daily as (
    select
        response_date,
        scale_id,
        ces_version,
        scale_direction,
        cast(sum(responses_count) as bigint) as responses_count,
        cast(sum(easy_count) as bigint) as easy_count,
        sum(cast(score_sum as decimal(18, 6))) as score_sum
    from {{ ref('mart_ces_summary') }}
    where is_headline and response_date is not null
    group by response_date, scale_id, ces_version, scale_direction
),

rolled as (
    select
        daily.response_date,
        daily.scale_id,
        daily.ces_version,
        daily.scale_direction,
        cast(sum(earlier.responses_count) as bigint) as rolling_responses_count,
        cast(sum(earlier.easy_count) as bigint) as rolling_easy_count,
        cast(sum(earlier.score_sum) as double) as rolling_score_sum
    from daily
    inner join daily as earlier
        on
            daily.scale_id = earlier.scale_id
            and daily.ces_version = earlier.ces_version
            and daily.response_date >= earlier.response_date
            and {{ add_days('daily.response_date', -1 * var('effort_rolling_days')) }}
            < earlier.response_date
    group by daily.response_date, daily.scale_id, daily.ces_version, daily.scale_direction
)

select
    scale_id,
    ces_version,
    scale_direction,
    rolling_responses_count,
    rolling_easy_count,
    rolling_score_sum,
    {{ share_pct('rolling_easy_count', 'rolling_responses_count') }} as ces_easy_rolling_pct,
    {{ wilson_pct('rolling_easy_count', 'rolling_responses_count', 'low') }}
        as ces_easy_rolling_low_pct,
    {{ wilson_pct('rolling_easy_count', 'rolling_responses_count', 'high') }}
        as ces_easy_rolling_high_pct,
    rolling_score_sum / nullif(rolling_responses_count, 0) as ces_rolling_avg,
    {{ is_reportable('rolling_responses_count') }} as is_reportable,
    response_date
from rolled
