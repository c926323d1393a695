-- One row per year of the response, rating scale, contact reason and channel; answers to the
-- question 'overall' in surveys about contacts that people served.
with counted as (
    select
        cast(extract(year from response_date) as bigint) as response_year,
        scale_id,
        reason,
        channel,
        cast(sum(responses_count) as bigint) as responses_count,
        cast(sum(satisfied_count) as bigint) as satisfied_count
    from {{ ref('mart_csat') }}
    where is_headline and response_date is not null
    group by cast(extract(year from response_date) as bigint), scale_id, reason, channel
),

rated as (
    select
        *,
        {{ share_pct('satisfied_count', 'responses_count') }} as csat_pct,
        {{ wilson_pct('satisfied_count', 'responses_count', 'low') }} as csat_low_pct,
        {{ wilson_pct('satisfied_count', 'responses_count', 'high') }} as csat_high_pct,
        {{ is_reportable('responses_count') }} as is_reportable,
        {{ is_reportable('responses_count') }} and channel <> 'unknown' as is_candidate
    from counted
),

-- Of channels with the same share the one with more answers is the safer advice.
placed as (
    select
        *,
        row_number() over (
            partition by response_year, scale_id, reason, is_candidate
            order by csat_pct desc, responses_count desc, channel asc
        ) as place
    from rated
),

best as (
    select
        response_year,
        scale_id,
        reason,
        channel as best_channel,
        csat_pct as best_csat_pct
    from placed
    where is_candidate and place = 1
)

select
    placed.response_year,
    placed.scale_id,
    placed.reason,
    placed.channel,
    best.best_channel,
    placed.responses_count,
    placed.satisfied_count,
    placed.csat_pct,
    placed.csat_low_pct,
    placed.csat_high_pct,
    case when placed.is_reportable then best.best_csat_pct - placed.csat_pct end as csat_gap_pp,
    placed.is_candidate and placed.place = 1 as is_best_channel,
    placed.is_reportable
from placed
left join best
    on
        placed.response_year = best.response_year
        and placed.scale_id = best.scale_id
        and placed.reason = best.reason
