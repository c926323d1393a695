-- One row per scenario, queue, medium (voice, chat, or all of them), day of the week and half hour:
-- the typical week of the last weeks, and the agents that it needs.
with recursive as_of as (
    select max(calendar_date) as last_date from {{ ref('dim_date') }}
),

intervals as (
    select * from {{ ref('mart_queue_interval') }}
),

bounds as (
    select
        as_of.last_date,
        greatest(
            cast({{ add_days('as_of.last_date', 1 - 7 * var('staffing_weeks')) }} as date),
            min(intervals.interval_date)
        ) as first_date
    from as_of
    cross join intervals
    where intervals.interval_date <= as_of.last_date
    group by as_of.last_date
),

weekdays as (
    select
        dates.iso_day_of_week,
        count(*) as dates_count
    from {{ ref('dim_date') }} as dates
    inner join bounds
        on dates.calendar_date >= bounds.first_date and dates.calendar_date <= bounds.last_date
    group by dates.iso_day_of_week
),

recent as (
    select intervals.*
    from intervals
    inner join bounds
        on
            intervals.interval_date >= bounds.first_date
            and intervals.interval_date <= bounds.last_date
),

-- Of the queue in all these weeks: a half hour has too few contacts to have a mean of its own.
handle_times as (
    select
        queue,
        contact_medium,
        cast(sum(cast(adjusted_handle_seconds_sum as decimal(18, 6))) as double)
        / nullif(sum(adjusted_handle_time_count), 0) as handle_seconds
    from recent
    group by queue, contact_medium
),

arrivals as (
    select
        queue,
        contact_medium,
        iso_day_of_week,
        minute_of_day,
        sum(net_offered_count) as contacts_count
    from recent
    group by queue, contact_medium, iso_day_of_week, minute_of_day
),

demands as (
    select
        scenarios.scenario_id,
        arrivals.queue,
        arrivals.contact_medium,
        arrivals.iso_day_of_week,
        arrivals.minute_of_day,
        scenarios.volume_factor * arrivals.contacts_count / weekdays.dates_count as arrivals_avg,
        scenarios.handle_time_factor * handle_times.handle_seconds as handle_seconds,
        cast(coalesce(own_rule.answer_target_seconds, any_rule.answer_target_seconds) as double)
            as target_seconds,
        least(
            coalesce(own_rule.service_level_target_pct, any_rule.service_level_target_pct)
            + scenarios.target_change_pct,
            99
        ) / 100 as target_share,
        coalesce(own_rule.max_occupancy_pct, any_rule.max_occupancy_pct) / 100 as max_occupancy,
        coalesce(own_rule.shrinkage_pct, any_rule.shrinkage_pct) / 100 as shrinkage
    from arrivals
    inner join weekdays on arrivals.iso_day_of_week = weekdays.iso_day_of_week
    inner join handle_times
        on
            arrivals.queue = handle_times.queue
            and arrivals.contact_medium = handle_times.contact_medium
    cross join {{ ref('staffing_scenarios') }} as scenarios
    left join {{ ref('queue_rules') }} as own_rule
        on
            arrivals.contact_medium = own_rule.contact_medium
            and arrivals.queue = own_rule.queue
    left join {{ ref('queue_rules') }} as any_rule
        on arrivals.contact_medium = any_rule.contact_medium and any_rule.queue = '*'
),

loaded as (
    select
        *,
        arrivals_avg * handle_seconds / 1800 as erlangs
    from demands
),

shifts as (
    select
        shifts.queue,
        {{ reporting_time('shifts.started_at') }} as started_local_at,
        {{ reporting_time('shifts.ended_at') }} as ended_local_at
    from {{ ref('fct_shifts') }} as shifts
    inner join bounds
        on
            shifts.shift_date >= {{ add_days('bounds.first_date', -1) }}
            and shifts.shift_date <= bounds.last_date
    where shifts.ended_at > shifts.started_at
),

-- Shifts of up to a day, cut into half hours.
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

of_days as (
    select
        slots.*,
        {{ iso_day_of_week('slots.slot_from') }} as iso_day_of_week,
        cast(
            60 * extract(hour from slots.slot_from) + extract(minute from slots.slot_from) as bigint
        ) as minute_of_day
    from slots
    inner join bounds
        on
            cast(slots.slot_from as date) >= bounds.first_date
            and cast(slots.slot_from as date) <= bounds.last_date
    where slots.slot_from < slots.ended_local_at
),

staffed as (
    select
        queue,
        iso_day_of_week,
        minute_of_day,
        sum(cast({{ seconds_between(
            'greatest(slot_from, started_local_at)',
            'least(' ~ add_minutes('slot_from', 30) ~ ', ended_local_at)'
        ) }} as decimal(18, 6))) as staffed_seconds
    from of_days
    group by queue, iso_day_of_week, minute_of_day
),

scheduled as (
    select
        staffed.queue,
        staffed.iso_day_of_week,
        staffed.minute_of_day,
        cast(staffed.staffed_seconds as double) / 1800 / weekdays.dates_count as scheduled_agents
    from staffed
    inner join weekdays on staffed.iso_day_of_week = weekdays.iso_day_of_week
),

planned_queues as (
    select distinct queue from scheduled
),

of_slots as (
    select
        *,
        count(*) over slot as media_count,
        count(erlangs) over slot as loads_count,
        sum(erlangs) over (
            slot order by contact_medium rows between unbounded preceding and unbounded following
        ) as erlangs_sum
    from loaded
    window slot as (partition by scenario_id, queue, iso_day_of_week, minute_of_day)
),

-- Who is scheduled for a queue serves its media in proportion to their load, which is not known
-- as long as that of one of them is not.
at_work as (
    select
        of_slots.*,
        case
            when
                planned_queues.queue is not null
                and of_slots.erlangs > 0
                and of_slots.loads_count = of_slots.media_count
                then
                    coalesce(scheduled.scheduled_agents, 0) * (1 - of_slots.shrinkage)
                    * of_slots.erlangs / of_slots.erlangs_sum
        end as scheduled_at_work_agents
    from of_slots
    left join planned_queues on of_slots.queue = planned_queues.queue
    left join scheduled
        on
            of_slots.queue = scheduled.queue
            and of_slots.iso_day_of_week = scheduled.iso_day_of_week
            and of_slots.minute_of_day = scheduled.minute_of_day
),

placed as (
    select
        *,
        case
            when scheduled_at_work_agents > erlangs
                then {{ erlang_c_occupancy_of('scheduled_at_work_agents') }}
        end as scheduled_occupancy
    from at_work
),

loads as (
    select
        erlangs,
        handle_seconds,
        target_seconds,
        target_share,
        max_occupancy
    from placed
    where erlangs > 0
    union
    select
        erlangs,
        handle_seconds,
        target_seconds,
        cast(0 as double) as target_share,
        scheduled_occupancy as max_occupancy
    from placed
    where scheduled_occupancy is not null
),

erlang_steps as (
    {{ erlang_c_steps('loads') }}
),

required as (
    {{ erlang_c_required('erlang_steps') }}
),

-- Nobody in the queue needs nobody; a queue whose handle time is not known is not planned.
by_medium as (
    select
        placed.*,
        case when placed.erlangs = 0 then 0 else required.required_agents end as required_agents,
        case when placed.erlangs = 0 then 0 else required.required_agents_fractional end
            as required_agents_fractional,
        required.wait_probability,
        required.service_level,
        required.speed_of_answer_seconds,
        {{ erlang_c_service_level_at(
            'placed.scheduled_at_work_agents', 'placed.erlangs', 'as_scheduled.service_level_before',
            'as_scheduled.service_level'
        ) }} as scheduled_service_level
    from placed
    left join required
        on
            placed.erlangs = required.erlangs
            and placed.handle_seconds = required.handle_seconds
            and placed.target_seconds = required.target_seconds
            and placed.target_share = required.target_share
            and placed.max_occupancy = required.max_occupancy
    left join required as as_scheduled
        on
            placed.erlangs = as_scheduled.erlangs
            and placed.handle_seconds = as_scheduled.handle_seconds
            and placed.target_seconds = as_scheduled.target_seconds
            and as_scheduled.target_share = 0
            and placed.scheduled_occupancy = as_scheduled.max_occupancy
),

-- Rounded up once for the queue and not once for each medium.
combined as (
    select
        scenario_id,
        queue,
        iso_day_of_week,
        minute_of_day,
        sum(cast(erlangs as decimal(18, 6))) as erlangs,
        case
            when count(*) = count(required_agents_fractional)
                then sum(cast(required_agents_fractional as decimal(18, 6)))
        end as required_agents_fractional,
        case
            when count(*) = count(required_agents_fractional)
                then sum(cast(required_agents_fractional / (1 - shrinkage) as decimal(18, 6)))
        end as required_scheduled_agents_fractional,
        sum(cast(scheduled_at_work_agents as decimal(18, 6))) as scheduled_at_work_agents,
        -- Of the contacts of all media, so each with its arrivals.
        case
            when
                count(scheduled_at_work_agents)
                = count(case when erlangs > 0 or erlangs is null then 1 end)
                then
                    sum(cast(arrivals_avg * scheduled_service_level as decimal(18, 6)))
                    / nullif(
                        sum(case
                            when scheduled_service_level is not null
                                then cast(arrivals_avg as decimal(18, 6))
                        end), 0
                    )
        end as scheduled_service_level
    from by_medium
    group by scenario_id, queue, iso_day_of_week, minute_of_day
),

slots_of_queues as (
    select
        scenario_id,
        queue,
        iso_day_of_week,
        minute_of_day
    from combined
    union
    select
        scenarios.scenario_id,
        scheduled.queue,
        scheduled.iso_day_of_week,
        scheduled.minute_of_day
    from scheduled
    cross join {{ ref('staffing_scenarios') }} as scenarios
),

of_queues as (
    select
        slots_of_queues.*,
        {%- for name in (
            'erlangs', 'required_agents_fractional', 'required_scheduled_agents_fractional',
        ) %}
        cast(case when combined.queue is null then 0 else combined.{{ name }} end as double)
            as {{ name }},
        {%- endfor %}
        cast(combined.scheduled_at_work_agents as double) as scheduled_at_work_agents,
        cast(combined.scheduled_service_level as double) as scheduled_service_level,
        -- Who is not planned by queue is not missing: nobody knows.
        case when planned_queues.queue is not null then coalesce(scheduled.scheduled_agents, 0) end
            as scheduled_agents
    from slots_of_queues
    left join combined
        on
            slots_of_queues.scenario_id = combined.scenario_id
            and slots_of_queues.queue = combined.queue
            and slots_of_queues.iso_day_of_week = combined.iso_day_of_week
            and slots_of_queues.minute_of_day = combined.minute_of_day
    left join scheduled
        on
            slots_of_queues.queue = scheduled.queue
            and slots_of_queues.iso_day_of_week = scheduled.iso_day_of_week
            and slots_of_queues.minute_of_day = scheduled.minute_of_day
    left join planned_queues on slots_of_queues.queue = planned_queues.queue
),

unioned as (
    select
        scenario_id,
        queue,
        contact_medium,
        iso_day_of_week,
        minute_of_day,
        arrivals_avg,
        handle_seconds,
        erlangs,
        target_seconds,
        100 * target_share as service_level_target_pct,
        100 * max_occupancy as max_occupancy_pct,
        100 * shrinkage as shrinkage_pct,
        required_agents_fractional,
        required_agents_fractional / (1 - shrinkage) as required_scheduled_agents_fractional,
        cast(required_agents as bigint) as required_agents,
        -- Divided, not multiplied: a third of 15 people are away, not a third of ten.
        cast(ceil(required_agents / (1 - shrinkage) - 0.000001) as bigint)
            as required_scheduled_agents,
        cast(null as double) as scheduled_agents,
        scheduled_at_work_agents,
        100 * scheduled_service_level as scheduled_service_level_pct,
        100 * service_level as predicted_service_level_pct,
        100 * wait_probability as predicted_wait_pct,
        speed_of_answer_seconds as predicted_speed_of_answer_seconds,
        100 * erlangs / nullif(required_agents, 0) as predicted_occupancy_pct
    from by_medium

    union all

    select
        scenario_id,
        queue,
        'all' as contact_medium,
        iso_day_of_week,
        minute_of_day,
        cast(null as double) as arrivals_avg,
        cast(null as double) as handle_seconds,
        erlangs,
        cast(null as double) as target_seconds,
        cast(null as double) as service_level_target_pct,
        cast(null as double) as max_occupancy_pct,
        cast(null as double) as shrinkage_pct,
        required_agents_fractional,
        required_scheduled_agents_fractional,
        cast(ceil(required_agents_fractional - 0.000001) as bigint) as required_agents,
        cast(ceil(required_scheduled_agents_fractional - 0.000001) as bigint)
            as required_scheduled_agents,
        scheduled_agents,
        scheduled_at_work_agents,
        100 * scheduled_service_level as scheduled_service_level_pct,
        cast(null as double) as predicted_service_level_pct,
        cast(null as double) as predicted_wait_pct,
        cast(null as double) as predicted_speed_of_answer_seconds,
        100 * erlangs / nullif(ceil(required_agents_fractional - 0.000001), 0)
            as predicted_occupancy_pct
    from of_queues
)

select
    scenario_id,
    queue,
    contact_medium,
    iso_day_of_week,
    minute_of_day,
    required_agents,
    required_scheduled_agents,
    arrivals_avg,
    handle_seconds,
    erlangs,
    target_seconds,
    service_level_target_pct,
    max_occupancy_pct,
    shrinkage_pct,
    required_agents_fractional,
    required_scheduled_agents_fractional,
    scheduled_agents,
    required_scheduled_agents - scheduled_agents as staffing_gap,
    scheduled_at_work_agents,
    scheduled_service_level_pct,
    predicted_service_level_pct,
    predicted_wait_pct,
    predicted_occupancy_pct,
    predicted_speed_of_answer_seconds
from unioned
