-- One row per day and queue: the hours of agents that its contacts needed beside those on shift.
{{ config(
    materialized='by_day', day='staffing_date', reads=['chat', 'call', 'shift'],
    causes=['rows', 'attributes'], follows={'chat': [1, 0]}, spills=true
) }}

with recursive intervals as (
    select * from {{ ref('mart_queue_interval') }}
    where contact_date is not null and {{ in_run_days(none, 'contact_date', kind='chat') }}
),

-- Handle times of the queue on the day itself: nothing of other days changes what it needed.
handle_times as (
    select
        contact_date,
        queue,
        contact_medium,
        cast(sum(cast(adjusted_handle_seconds_sum as decimal(18, 6))) as double)
        / nullif(sum(adjusted_handle_time_count), 0) as handle_seconds
    from intervals
    group by contact_date, queue, contact_medium
),

arrivals as (
    select
        contact_date,
        queue,
        contact_medium,
        interval_start_local_at,
        sum(net_offered_count) as contacts_count
    from intervals
    group by contact_date, queue, contact_medium, interval_start_local_at
),

loaded as (
    select
        arrivals.contact_date,
        arrivals.queue,
        arrivals.interval_start_local_at,
        arrivals.contacts_count,
        handle_times.handle_seconds,
        arrivals.contacts_count * handle_times.handle_seconds / 1800 as erlangs,
        cast(coalesce(own_rule.answer_target_seconds, any_rule.answer_target_seconds) as double)
            as target_seconds,
        coalesce(own_rule.service_level_target_pct, any_rule.service_level_target_pct) / 100
            as target_share,
        coalesce(own_rule.max_occupancy_pct, any_rule.max_occupancy_pct) / 100 as max_occupancy,
        coalesce(own_rule.shrinkage_pct, any_rule.shrinkage_pct) / 100 as shrinkage
    from arrivals
    inner join handle_times
        on
            arrivals.contact_date = handle_times.contact_date
            and arrivals.queue = handle_times.queue
            and arrivals.contact_medium = handle_times.contact_medium
    left join {{ ref('queue_rules') }} as own_rule
        on
            arrivals.contact_medium = own_rule.contact_medium
            and arrivals.queue = own_rule.queue
    left join {{ ref('queue_rules') }} as any_rule
        on arrivals.contact_medium = any_rule.contact_medium and any_rule.queue = '*'
),

loads as (
    select distinct
        erlangs,
        handle_seconds,
        target_seconds,
        target_share,
        max_occupancy
    from loaded
    where erlangs > 0
),

erlang_steps as (
    {{ erlang_c_steps('loads') }}
),

required as (
    {{ erlang_c_required('erlang_steps') }}
),

needed as (
    select
        loaded.contact_date,
        loaded.queue,
        loaded.interval_start_local_at,
        sum(loaded.contacts_count) as contacts_count,
        -- A medium that nobody answered all day has no handle time and no known need.
        case
            when count(*) = count(loaded.erlangs)
                then
                    sum(cast(
                        coalesce(required.required_agents_fractional, 0) / (1 - loaded.shrinkage)
                        as decimal(18, 6)
                    ))
        end as required_agents
    from loaded
    left join required
        on
            loaded.erlangs = required.erlangs
            and loaded.handle_seconds = required.handle_seconds
            and loaded.target_seconds = required.target_seconds
            and loaded.target_share = required.target_share
            and loaded.max_occupancy = required.max_occupancy
    group by loaded.contact_date, loaded.queue, loaded.interval_start_local_at
),

-- A shift belongs to the day of each of its half hours: to the next day after midnight.
shifts as (
    select
        queue,
        shift_date,
        {{ reporting_time('started_at') }} as started_local_at,
        {{ reporting_time('ended_at') }} as ended_local_at
    from {{ ref('fct_shifts') }}
    where
        ended_at > started_at
        and {{ in_days_around('shift_date', ['shift'], back=1) }}
),

half_hours as (
    select {{ integer_series(0, 48) }} as half_hour
),

slots as (
    select
        shifts.*,
        {{ add_minutes(
            interval_start('shifts.started_local_at', 30), '30 * half_hours.half_hour'
        ) }} as slot_from
    from shifts
    cross join half_hours
),

scheduled as (
    select
        cast(slot_from as date) as staffing_date,
        queue,
        slot_from,
        sum(cast({{ seconds_between(
            'greatest(slot_from, started_local_at)',
            'least(' ~ add_minutes('slot_from', 30) ~ ', ended_local_at)'
        ) }} / 1800 as decimal(18, 6))) as scheduled_agents
    from slots
    where
        slot_from < ended_local_at
        and {{ in_run_days(none, 'cast(slot_from as date)', kind='shift') }}
    group by queue, slot_from
),

half_hours_of_day as (
    select
        contact_date as staffing_date,
        queue,
        interval_start_local_at as slot_from
    from needed
    union
    select
        staffing_date,
        queue,
        slot_from
    from scheduled
),

compared as (
    select
        slots_of_day.staffing_date,
        slots_of_day.queue,
        coalesce(needed.contacts_count, 0) as contacts_count,
        case when needed.queue is null then 0 else needed.required_agents end as required_agents,
        coalesce(scheduled.scheduled_agents, 0) as scheduled_agents,
        scheduled.queue is not null as is_staffed
    from half_hours_of_day as slots_of_day
    left join needed
        on
            slots_of_day.staffing_date = needed.contact_date
            and slots_of_day.queue = needed.queue
            and slots_of_day.slot_from = needed.interval_start_local_at
    left join scheduled
        on
            slots_of_day.staffing_date = scheduled.staffing_date
            and slots_of_day.queue = scheduled.queue
            and slots_of_day.slot_from = scheduled.slot_from
),

counted as (
    select
        staffing_date,
        queue,
        cast(sum(contacts_count) as bigint) as contacts_count,
        count(*) as half_hours_count,
        count(case when required_agents > scheduled_agents then 1 end) as short_half_hours_count,
        case
            when count(*) = count(required_agents) then cast(sum(required_agents) / 2 as double)
        end as required_hours,
        -- Without any shift nobody knows who was there.
        case
            when max(case when is_staffed then 1 else 0 end) = 1
                then cast(sum(scheduled_agents) / 2 as double)
        end as scheduled_hours
    from compared
    group by staffing_date, queue
)

select
    queue,
    contacts_count,
    half_hours_count,
    case when scheduled_hours is not null then short_half_hours_count end as short_half_hours_count,
    required_hours,
    scheduled_hours,
    required_hours - scheduled_hours as staffing_gap_hours,
    case
        when scheduled_hours is not null
            then {{ share_pct('short_half_hours_count', 'half_hours_count') }}
    end as short_half_hours_pct,
    staffing_date
from counted
