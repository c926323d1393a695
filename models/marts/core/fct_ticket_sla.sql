-- One row per ticket and metric of the service-level agreement that applies to it.
{{ config(
    materialized='by_day', day='contact_date', reads=['ticket'],
    causes=['rows', 'attributes', 'parts']
) }}

with tickets as (
    select * from {{ ref('fct_ticket_times') }}
    where
        is_customer_contact
        and is_handled
        and {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

vendor as (
    select * from {{ ref('fct_tickets') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

-- Written by an agent, a ticket promises nobody a reply.
events as (
    select
        events.*,
        tickets.is_open as is_ticket_open
    from {{ ref('fct_ticket_events') }} as events
    inner join tickets on events.ticket_id = tickets.ticket_id
    where
        coalesce(events.creator_role, 'customer') <> 'agent'
        and {{ in_run_days(none, 'events.contact_date', kind='ticket') }}
),

targets as (
    select
        *,
        coalesce(valid_from, date '0001-01-01') as applies_from,
        coalesce(valid_to, date '9999-12-31') as applies_to
    from {{ ref('sla_targets') }}
),

numbered as (
    select
        *,
        max(event_number) over (partition by ticket_id) as last_number,
        min(case when is_human_reply then event_number end) over (partition by ticket_id)
            as reply_number,
        max(case when is_solve then event_number end) over (partition by ticket_id)
            as last_solve_number,
        -- A reply or a solve ends the wait that a message of the customer began.
        coalesce(sum(case when is_human_reply or is_solve then 1 else 0 end) over (
            partition by ticket_id order by event_number
            rows between unbounded preceding and 1 preceding
        ), 0) as ends_before,
        max(case when is_reopen then event_number end) over (
            partition by ticket_id order by event_number
            rows between unbounded preceding and current row
        ) as reopen_number
    from events
),

restarts as (
    select
        ticket_id,
        max(calendar_seconds_since_creation) as calendar_start,
        max(business_seconds_since_creation) as business_start
    from numbered
    where is_reopen and event_number < coalesce(reply_number, last_number + 1)
    group by ticket_id
),

last_events as (
    select * from numbered
    where event_number = last_number
),

-- First reply: one wait per ticket, from the creation or from a reopening before any human wrote.
first_reply as (
    select
        numbered.ticket_id,
        'first_reply' as metric,
        cast(1 as bigint) as wait_number,
        numbered.priority_before as priority,
        numbered.calendar_seconds_since_creation - coalesce(restarts.calendar_start, 0)
            as calendar_seconds,
        numbered.business_seconds_since_creation - coalesce(restarts.business_start, 0)
            as business_seconds,
        true as is_over,
        true as is_judged
    from numbered
    left join restarts on numbered.ticket_id = restarts.ticket_id
    where numbered.event_number = numbered.reply_number
    union all
    select
        last_events.ticket_id,
        'first_reply' as metric,
        cast(1 as bigint) as wait_number,
        last_events.priority,
        last_events.calendar_seconds_since_creation - coalesce(restarts.calendar_start, 0)
            as calendar_seconds,
        last_events.business_seconds_since_creation - coalesce(restarts.business_start, 0)
            as business_seconds,
        false as is_over,
        last_events.is_ticket_open as is_judged
    from last_events
    left join restarts on last_events.ticket_id = restarts.ticket_id
    where last_events.reply_number is null
),

-- Next reply: from the first message that nobody has answered to the next reply or solve.
waits as (
    select
        ticket_id,
        ends_before,
        min(event_number) as wait_from
    from numbered
    where
        event_type = 'message'
        and actor_role = 'customer'
        and is_public
        and event_number > reply_number
    group by ticket_id, ends_before
),

ends as (
    select * from numbered
    where is_human_reply or is_solve
),

next_reply as (
    select
        waits.ticket_id,
        'next_reply' as metric,
        cast(waits.ends_before as bigint) as wait_number,
        case when ends.ticket_id is null then last_events.priority else ends.priority_before end
            as priority,
        coalesce(
            ends.calendar_seconds_since_creation, last_events.calendar_seconds_since_creation
        ) - begins.calendar_seconds_since_creation as calendar_seconds,
        coalesce(
            ends.business_seconds_since_creation, last_events.business_seconds_since_creation
        ) - begins.business_seconds_since_creation as business_seconds,
        ends.ticket_id is not null as is_over,
        -- A word of thanks on a solved ticket waits for nothing.
        ends.ticket_id is not null or last_events.is_ticket_open as is_judged
    from waits
    inner join numbered as begins
        on waits.ticket_id = begins.ticket_id and waits.wait_from = begins.event_number
    inner join last_events on waits.ticket_id = last_events.ticket_id
    left join ends
        on waits.ticket_id = ends.ticket_id and waits.ends_before = ends.ends_before
),

-- The target is that of the priority in force when the wait ended, or that is in force now.
replies as (
    select
        waits.*,
        coalesce(own.target_seconds, other.target_seconds) as target_seconds,
        coalesce(own.clock, other.clock) as clock,
        cast(null as {{ dbt.type_string() }}) as paused_in,
        tickets.contact_date
    from (
        select * from first_reply
        union all
        select * from next_reply
    ) as waits
    inner join tickets on waits.ticket_id = tickets.ticket_id
    left join targets as own
        on
            waits.metric = own.metric
            and waits.priority = own.priority
            and tickets.contact_date between own.applies_from and own.applies_to
    left join targets as other
        on
            waits.metric = other.metric
            and other.priority = '*'
            and tickets.contact_date between other.applies_from and other.applies_to
),

resolution_targets as (
    select
        tickets.ticket_id,
        tickets.contact_date,
        tickets.is_open,
        marks.event_number as end_number,
        case when tickets.is_open then marks.priority else marks.priority_before end as priority
    from tickets
    inner join numbered as marks
        on
            tickets.ticket_id = marks.ticket_id
            and marks.event_number
            = case when tickets.is_open then marks.last_number else marks.last_solve_number end
),

chosen_resolution as (
    select
        resolution_targets.*,
        coalesce(own.target_seconds, other.target_seconds) as target_seconds,
        coalesce(own.clock, other.clock) as clock,
        ';' || coalesce(own.paused_in, other.paused_in, '') || ';solved;closed;' as paused_in
    from resolution_targets
    left join targets as own
        on
            own.metric = 'resolution'
            and resolution_targets.priority = own.priority
            and resolution_targets.contact_date between own.applies_from and own.applies_to
    left join targets as other
        on
            other.metric = 'resolution'
            and other.priority = '*'
            and resolution_targets.contact_date between other.applies_from and other.applies_to
),

-- The clock of a resolution stands in the statuses of `paused_in`, and while solved.
resolution as (
    select
        chosen_resolution.ticket_id,
        'resolution' as metric,
        cast(1 as bigint) as wait_number,
        chosen_resolution.priority,
        coalesce({{ seconds_sum(
            "case when chosen_resolution.paused_in not like '%;' || numbered.status_before || ';%' "
            ~ "then numbered.calendar_seconds_before end"
        ) }}, 0) as calendar_seconds,
        coalesce({{ seconds_sum(
            "case when chosen_resolution.paused_in not like '%;' || numbered.status_before || ';%' "
            ~ "then numbered.business_seconds_before end"
        ) }}, 0) as business_seconds,
        not chosen_resolution.is_open as is_over,
        true as is_judged,
        chosen_resolution.target_seconds,
        chosen_resolution.clock,
        chosen_resolution.paused_in,
        chosen_resolution.contact_date
    from chosen_resolution
    inner join numbered
        on
            chosen_resolution.ticket_id = numbered.ticket_id
            and chosen_resolution.end_number >= numbered.event_number
    group by
        chosen_resolution.ticket_id, chosen_resolution.priority, chosen_resolution.is_open,
        chosen_resolution.target_seconds, chosen_resolution.clock, chosen_resolution.paused_in,
        chosen_resolution.contact_date
),

calendars as (
    select distinct calendar_id from {{ ref('dim_business_calendar') }}
),

judged as (
    select
        *,
        case when clock = 'calendar' then calendar_seconds else business_seconds end
            as elapsed_seconds,
        row_number() over (
            partition by ticket_id, metric
            order by
                case when is_judged then 0 else 1 end,
                case when clock = 'calendar' then calendar_seconds else business_seconds end
                - target_seconds desc nulls last,
                wait_number
        ) as worst_place
    from (
        select * from replies
        union all
        select * from resolution
    ) as waits
    where target_seconds is not null
),

-- Once per ticket and metric: of several waits the one that came nearest to its target or went
-- farthest beyond it.
per_metric as (
    select
        ticket_id,
        metric,
        contact_date,
        max(case when worst_place = 1 then priority end) as priority,
        max(case when worst_place = 1 then clock end) as clock,
        max(case when worst_place = 1 then paused_in end) as paused_in,
        max(case when worst_place = 1 then target_seconds end) as target_seconds,
        max(case when worst_place = 1 then elapsed_seconds end) as elapsed_seconds,
        count(case when is_judged then 1 end) as waits_count,
        count(case when is_judged and elapsed_seconds > target_seconds then 1 end)
            as breached_waits_count,
        count(case when is_judged and not is_over then 1 end) as running_waits_count,
        -- Of the running wait what is over at the last entry; who reads adds what ran since.
        max(case when is_judged and not is_over then elapsed_seconds end) as running_seconds,
        max(case when is_judged and not is_over then target_seconds end) as running_target_seconds,
        max(case when is_judged and not is_over then clock end) as running_clock,
        count(case when is_judged and elapsed_seconds is null then 1 end) as untimed_count
    from judged
    group by ticket_id, metric, contact_date
),

final as (
    select
        per_metric.ticket_id || '|' || per_metric.metric as ticket_metric_id,
        per_metric.ticket_id,
        per_metric.metric,
        coalesce(per_metric.priority, 'none') as priority,
        per_metric.clock,
        per_metric.target_seconds,
        per_metric.elapsed_seconds,
        per_metric.waits_count,
        per_metric.breached_waits_count,
        case
            when per_metric.waits_count = 0 or per_metric.untimed_count > 0 then 'not_judged'
            when per_metric.breached_waits_count > 0 then 'breached'
            when per_metric.running_waits_count > 0 then 'running'
            else 'met'
        end as verdict,
        per_metric.running_clock,
        per_metric.running_seconds,
        per_metric.running_target_seconds,
        case when per_metric.running_waits_count > 0 then last_events.counted_at end
            as running_since_at,
        case
            when per_metric.running_waits_count > 0 then coalesce(calendars.calendar_id, '*')
        end as running_calendar_id,
        per_metric.running_waits_count > 0
        and (
            per_metric.metric <> 'resolution'
            or per_metric.paused_in not like '%;' || last_events.status || ';%'
        ) as is_running,
        per_metric.contact_date
    from per_metric
    inner join last_events on per_metric.ticket_id = last_events.ticket_id
    left join calendars
        on last_events.team = calendars.calendar_id

    union all

    select
        tickets.ticket_id || '|vendor' as ticket_metric_id,
        tickets.ticket_id,
        'vendor' as metric,
        tickets.priority,
        cast(null as {{ dbt.type_string() }}) as clock,
        cast(null as bigint) as target_seconds,
        cast(null as double) as elapsed_seconds,
        cast(1 as bigint) as waits_count,
        cast(case when vendor.is_sla_met then 0 else 1 end as bigint) as breached_waits_count,
        case when vendor.is_sla_met then 'met' else 'breached' end as verdict,
        cast(null as {{ dbt.type_string() }}) as running_clock,
        cast(null as double) as running_seconds,
        cast(null as bigint) as running_target_seconds,
        cast(null as timestamp) as running_since_at,
        cast(null as {{ dbt.type_string() }}) as running_calendar_id,
        false as is_running,
        tickets.contact_date
    from tickets
    inner join vendor on tickets.ticket_id = vendor.ticket_id
    where vendor.is_sla_met is not null
)

select
    final.ticket_metric_id,
    final.ticket_id,
    final.metric,
    final.priority,
    tickets.channel,
    tickets.team,
    tickets.product_area,
    tickets.country_code,
    final.clock,
    final.target_seconds,
    final.elapsed_seconds,
    final.waits_count,
    final.breached_waits_count,
    final.verdict,
    final.running_clock,
    final.running_seconds,
    final.running_target_seconds,
    final.running_calendar_id,
    final.is_running,
    final.contact_date,
    final.running_since_at,
    tickets.source
from final
inner join tickets on final.ticket_id = tickets.ticket_id
