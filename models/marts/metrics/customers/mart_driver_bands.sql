-- One row per contact type, rating scale, band of the handle time and whether it was solved at
-- once.
with as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- Added up over days and industries first: a year of answers is millions, of times there are
-- thousands.
inputs as (
    select
        daily.contact_type,
        daily.scale_id,
        daily.handle_seconds,
        daily.fcr_flag,
        daily.is_positive,
        sum(daily.answers_count) as answers_count
    from {{ ref('int_driver_inputs') }} as daily
    cross join as_of
    where
        daily.contact_date <= as_of.as_of_date
        and daily.contact_date
        > {{ add_days('as_of.as_of_date', '-' ~ var('driver_window_days')) }}
    group by
        daily.contact_type, daily.scale_id, daily.handle_seconds, daily.fcr_flag, daily.is_positive
),

placed as (
    select
        *,
        sum(answers_count) over (
            partition by contact_type, scale_id order by handle_seconds
            range between unbounded preceding and current row
        ) as so_far_count,
        sum(answers_count) over (
            partition by contact_type, scale_id, handle_seconds
        ) as equal_count,
        sum(answers_count) over (partition by contact_type, scale_id) as whole_count
    from inputs
),

-- The share of shorter ones. Equal times share a rank, so that no order of rows decides on a band.
ranked as (
    select
        *,
        cast(so_far_count - equal_count as double) / nullif(whole_count - 1, 0) as handle_rank
    from placed
),

banded as (
    select
        *,
        case
            when coalesce(handle_rank, 0) < 1.0 / 3 then 'short'
            when handle_rank < 2.0 / 3 then 'middle'
            else 'long'
        end as aht_band
    from ranked
),

counted as (
    select
        contact_type,
        scale_id,
        aht_band,
        fcr_flag,
        cast(sum(answers_count) as bigint) as responses_count,
        cast(sum(case when is_positive then answers_count else 0 end) as bigint)
            as satisfied_count,
        min(handle_seconds) as handle_seconds_min,
        max(handle_seconds) as handle_seconds_max,
        -- Exact in decimals: a sum of doubles depends on the order of its rows.
        cast(sum(cast(handle_seconds as decimal(18, 3)) * answers_count) as double)
            as handle_seconds_sum
    from banded
    group by contact_type, scale_id, aht_band, fcr_flag
)

select
    contact_type,
    scale_id,
    aht_band,
    fcr_flag,
    responses_count,
    satisfied_count,
    {{ share_pct('satisfied_count', 'responses_count') }} as csat_pct,
    {{ wilson_pct('satisfied_count', 'responses_count', 'low') }} as csat_low_pct,
    {{ wilson_pct('satisfied_count', 'responses_count', 'high') }} as csat_high_pct,
    handle_seconds_sum,
    handle_seconds_sum / nullif(responses_count, 0) as handle_seconds_avg,
    handle_seconds_min,
    handle_seconds_max,
    {{ is_reportable('responses_count') }} as is_reportable
from counted
