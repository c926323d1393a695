-- One row per contact type, rating scale, band of the handle time and whether it was solved at
-- once.
with inputs as (
    select * from {{ ref('int_driver_inputs') }}
),

-- Equal times share a rank, so that no order of rows decides about a band.
ranked as (
    select
        *,
        percent_rank() over (
            partition by contact_type, scale_id order by handle_seconds
        ) as handle_rank
    from inputs
),

banded as (
    select
        *,
        case
            when handle_rank < 1.0 / 3 then 'short'
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
        count(*) as responses_count,
        count(case when is_positive then 1 end) as satisfied_count,
        min(handle_seconds) as handle_seconds_min,
        max(handle_seconds) as handle_seconds_max,
        -- Exact in decimals: a sum of doubles depends on the order of its rows.
        cast(sum(cast(handle_seconds as decimal(18, 3))) as double) as handle_seconds_sum
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
