-- One row per due date, source, channel and product area of the promised tickets.
with daily as (
    select * from {{ ref('int_promise_days') }}
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- Before the time is over nobody knows: letting the early successes in would flatter the last days.
counted as (
    select
        daily.due_date,
        daily.source,
        daily.channel,
        daily.product_area,
        cast(
            sum(
                case
                    when daily.due_date <= as_of.as_of_date then daily.promised_count else 0
                end
            ) as bigint
        ) as promised_count,
        cast(
            sum(
                case
                    when daily.due_date <= as_of.as_of_date then daily.kept_count else 0
                end
            ) as bigint
        ) as promise_kept_count,
        cast(
            sum(
                case
                    when daily.due_date <= as_of.as_of_date then 0 else daily.promised_count
                end
            ) as bigint
        ) as immature_count
    from daily
    cross join as_of
    group by daily.due_date, daily.source, daily.channel, daily.product_area
)

select
    due_date,
    source,
    channel,
    product_area,
    promised_count,
    promise_kept_count,
    {{ share_pct('promise_kept_count', 'promised_count') }} as promise_kept_pct,
    {{ wilson_pct('promise_kept_count', 'promised_count', 'low') }} as promise_kept_low_pct,
    {{ wilson_pct('promise_kept_count', 'promised_count', 'high') }} as promise_kept_high_pct,
    immature_count,
    {{ is_reportable('promised_count') }} as is_reportable
from counted
