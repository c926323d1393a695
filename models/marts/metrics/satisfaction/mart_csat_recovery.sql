-- One row per month of a dissatisfied answer, source, rating scale, segment and vulnerability.
with answers as (
    select
        customer_id,
        source,
        scale_id,
        segment,
        is_vulnerable,
        response_date,
        is_negative,
        -- What the same customer said the next time, whatever it was about.
        lead(is_positive) over (
            partition by customer_id, scale_id order by responded_at, response_id
        ) as is_next_positive
    from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'csat'
        and is_counted
        and is_headline
        and customer_id is not null
        and responded_at is not null
),

counted as (
    select
        cast(date_trunc('month', response_date) as date) as month_start_date,
        source,
        scale_id,
        segment,
        is_vulnerable,
        count(*) as dissatisfied_count,
        count(is_next_positive) as answered_again_count,
        count(case when is_next_positive then 1 end) as recovered_count
    from answers
    where is_negative
    group by
        cast(date_trunc('month', response_date) as date), source, scale_id, segment, is_vulnerable
)

select
    source,
    scale_id,
    segment,
    dissatisfied_count,
    answered_again_count,
    recovered_count,
    {{ share_pct('recovered_count', 'answered_again_count') }} as recovered_pct,
    {{ wilson_pct('recovered_count', 'answered_again_count', 'low') }} as recovered_low_pct,
    {{ wilson_pct('recovered_count', 'answered_again_count', 'high') }} as recovered_high_pct,
    is_vulnerable,
    {{ is_reportable('answered_again_count') }} as is_reportable,
    month_start_date
from counted
