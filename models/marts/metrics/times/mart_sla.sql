-- One row per contact date, metric, source, channel, country, team, product area and priority.
{{ config(materialized='view', day='contact_date') }}

-- A view, because what still runs is judged as of the last day: a breach needs no new delivery.
with promises as (
    select * from {{ ref('fct_ticket_sla') }}
),

as_of as (
    select {{ to_utc(
        'cast(' ~ add_days('max(calendar_date)', 1) ~ ' as timestamp)', var('reporting_zone')
    ) }} as as_of_at
    from {{ ref('dim_date') }}
),

running as (
    select
        promises.ticket_metric_id,
        case
            when promises.running_since_at >= as_of.as_of_at then 0
            when promises.running_clock = 'calendar'
                then {{ seconds_between('promises.running_since_at', 'as_of.as_of_at') }}
            else
                {{ open_seconds_at('to_piece', 'as_of.as_of_at') }}
                - {{ open_seconds_at('from_piece', 'promises.running_since_at') }}
        end as seconds_since
    from promises
    cross join as_of
    left join {{ ref('dim_business_calendar') }} as from_piece
        on {{ on_calendar(
            'from_piece', 'promises.running_calendar_id', 'promises.running_since_at'
        ) }}
    left join {{ ref('dim_business_calendar') }} as to_piece
        on {{ on_calendar('to_piece', 'promises.running_calendar_id', 'as_of.as_of_at') }}
    where promises.is_running
),

judged as (
    select
        promises.*,
        case
            when
                promises.verdict = 'running'
                and promises.running_seconds + coalesce(running.seconds_since, 0)
                > promises.running_target_seconds
                then 'breached'
            else promises.verdict
        end as verdict_now
    from promises
    left join running on promises.ticket_metric_id = running.ticket_metric_id
),

counted as (
    select
        contact_date,
        metric,
        source,
        channel,
        country_code,
        team,
        product_area,
        priority,
        count(*) as applied_count,
        count(case when verdict_now = 'met' then 1 end) as met_count,
        count(case when verdict_now = 'breached' then 1 end) as breached_count,
        count(case when verdict_now = 'breached' and verdict = 'running' then 1 end)
            as breached_waiting_count,
        count(case when verdict_now = 'running' then 1 end) as running_count,
        count(case when verdict_now = 'not_judged' then 1 end) as not_judged_count,
        count(case when verdict_now in ('met', 'breached') then 1 end) as judged_count,
        cast(sum(waits_count) as bigint) as waits_count,
        cast(sum(breached_waits_count) as bigint) as breached_waits_count
    from judged
    group by
        contact_date, metric, source, channel, country_code, team, product_area, priority
)

select
    metric,
    source,
    channel,
    country_code,
    team,
    product_area,
    priority,
    applied_count,
    judged_count,
    met_count,
    breached_count,
    breached_waiting_count,
    running_count,
    not_judged_count,
    waits_count,
    breached_waits_count,
    {{ share_pct('met_count', 'judged_count') }} as sla_met_pct,
    {{ wilson_pct('met_count', 'judged_count', 'low') }} as sla_met_low_pct,
    {{ wilson_pct('met_count', 'judged_count', 'high') }} as sla_met_high_pct,
    {{ is_reportable('judged_count') }} as is_reportable,
    contact_date
from counted
