-- One row per ticket: its times and counts from its log, or from its own fields where it has none.
{{ config(
    materialized='by_day', day='contact_date', reads=['ticket'],
    causes=['rows', 'attributes', 'parts']
) }}

with tickets as (
    select * from {{ ref('fct_tickets') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        contact_type = 'ticket'
        and {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

events as (
    select * from {{ ref('fct_ticket_events') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

milestones as (
    select
        ticket_id,
        min(case when is_human_reply then event_number end) as reply_number,
        min(
            case
                when event_type = 'message' and is_public and actor_role <> 'customer'
                    then event_number
            end
        ) as ack_number,
        min(case when is_solve then event_number end) as first_solve_number,
        max(case when is_solve then event_number end) as last_solve_number,
        max(event_number) as last_number,
        -- Only what came after the creation is an update; what was saved at once is one.
        count(distinct case when event_type <> 'created' then counted_at end)
            as ticket_updates_count
    from events
    group by ticket_id
),

-- Solved by a bot and opened again: the wait for a human begins anew.
restarts as (
    select
        events.ticket_id,
        max(events.event_number) as restart_number
    from events
    inner join milestones on events.ticket_id = milestones.ticket_id
    where events.is_reopen and events.event_number < milestones.reply_number
    group by events.ticket_id
),

logged as (
    select
        events.ticket_id,
        max(milestones.ticket_updates_count) as ticket_updates_count,
        max(case when events.event_number = milestones.last_number then events.status end)
            as last_status,
        {%- for name in ('reply', 'ack', 'first_solve', 'last_solve') %}
        max(case when events.event_number = milestones.{{ name }}_number then events.counted_at end)
            as {{ name }}_at,
        {%- for clock in ('calendar', 'business') %}
        max(
            case
                when events.event_number = milestones.{{ name }}_number
                    then events.{{ clock }}_seconds_since_creation
            end
        ) as {{ name }}_{{ clock }}_seconds,
        {%- endfor %}
        {%- endfor %}
        max(case when events.event_number = restarts.restart_number then events.counted_at end)
            as restart_at,
        {%- for clock in ('calendar', 'business') %}
        coalesce(max(
            case
                when events.event_number = restarts.restart_number
                    then events.{{ clock }}_seconds_since_creation
            end
        ), 0) as restart_{{ clock }}_seconds,
        {%- for name, statuses in (
            ('requester_wait', "'new', 'open', 'hold'"),
            ('agent_work', "'new', 'open'"),
            ('agent_wait', "'pending'"),
            ('on_hold', "'hold'")
        ) %}
        coalesce({{ seconds_sum(
            "case when events.event_number <= milestones.last_solve_number "
            ~ "and events.status_before in (" ~ statuses ~ ") then events."
            ~ clock ~ "_seconds_before end"
        ) }}, 0) as {{ name }}_{{ clock }}_seconds,
        {%- endfor %}
        {%- endfor %}
        count(case when events.is_human_reply then 1 end) as agent_reply_count,
        count(
            case
                when
                    events.event_type = 'message' and events.is_public
                    and events.actor_role in ('bot', 'system')
                    then 1
            end
        ) as automatic_reply_count,
        count(case when events.event_type = 'message' and not events.is_public then 1 end)
            as internal_note_count,
        count(
            case
                when
                    events.event_type in ('created', 'message') and events.is_public
                    and events.actor_role = 'customer'
                    then 1
            end
        ) as customer_message_count,
        count(distinct case when events.is_human_reply then events.agent_id end)
            as replying_agents_count,
        count(case when events.is_solve then 1 end) as solve_count,
        count(case when events.is_reopen then 1 end) as reopen_count,
        count(case when events.is_new_station then 1 end) as assignee_stations_count,
        count(case when events.is_handoff then 1 end) as handoff_count,
        count(case when events.is_transfer then 1 end) as transfer_count,
        count(distinct case when events.is_handoff or events.is_transfer then events.counted_at end)
            as reassignment_count,
        max(case when events.actor_role = 'bot' and events.event_type = 'message' then 1 else 0 end)
            as has_bot_reply,
        min(
            case
                when
                    events.event_type = 'message' and events.is_public
                    and events.actor_role in ('bot', 'system')
                    then events.occurred_at
            end
        ) as first_automatic_reply_at,
        min(
            case
                when
                    events.event_type = 'message' and not events.is_public
                    and events.actor_role = 'agent'
                    then events.occurred_at
            end
        ) as first_note_at,
        max(case when events.counted_at <> events.occurred_at then 1 else 0 end)
            as has_clock_running_back
    from events
    inner join milestones on events.ticket_id = milestones.ticket_id
    left join restarts on events.ticket_id = restarts.ticket_id
    group by events.ticket_id
),

calendars as (
    select distinct calendar_id from {{ ref('dim_business_calendar') }}
),

-- Without a log: the fields of the ticket, on the calendar of its present team.
fielded as (
    select
        tickets.ticket_id,
        coalesce(tickets.first_solved_at, tickets.solved_at, tickets.closed_at)
            as first_resolved_at,
        coalesce(tickets.solved_at, tickets.closed_at) as resolved_at,
        coalesce(calendars.calendar_id, '*') as calendar_id
    from tickets
    left join logged on tickets.ticket_id = logged.ticket_id
    left join calendars on tickets.team = calendars.calendar_id
    where logged.ticket_id is null
),

field_times as (
    select
        fielded.ticket_id,
        fielded.first_resolved_at,
        fielded.resolved_at,
        {{ seconds_between('tickets.created_at', 'tickets.first_replied_at') }}
            as reply_calendar_seconds,
        {{ seconds_between('tickets.created_at', 'fielded.first_resolved_at') }}
            as first_solve_calendar_seconds,
        {{ seconds_between('tickets.created_at', 'fielded.resolved_at') }}
            as last_solve_calendar_seconds,
        {{ open_seconds_at('replied', 'tickets.first_replied_at') }}
        - {{ open_seconds_at('created', 'tickets.created_at') }} as reply_business_seconds,
        {{ open_seconds_at('first_solved', 'fielded.first_resolved_at') }}
        - {{ open_seconds_at('created', 'tickets.created_at') }} as first_solve_business_seconds,
        {{ open_seconds_at('solved', 'fielded.resolved_at') }}
        - {{ open_seconds_at('created', 'tickets.created_at') }} as last_solve_business_seconds
    from fielded
    inner join tickets on fielded.ticket_id = tickets.ticket_id
    left join {{ ref('dim_business_calendar') }} as created
        on {{ on_calendar('created', 'fielded.calendar_id', 'tickets.created_at') }}
    left join {{ ref('dim_business_calendar') }} as replied
        on {{ on_calendar('replied', 'fielded.calendar_id', 'tickets.first_replied_at') }}
    left join {{ ref('dim_business_calendar') }} as first_solved
        on {{ on_calendar('first_solved', 'fielded.calendar_id', 'fielded.first_resolved_at') }}
    left join {{ ref('dim_business_calendar') }} as solved
        on {{ on_calendar('solved', 'fielded.calendar_id', 'fielded.resolved_at') }}
),

joined as (
    select
        tickets.*,
        contacts.country_code,
        contacts.industry,
        contacts.plan_tier,
        contacts.is_handled,
        contacts.is_deleted,
        contacts.is_merged,
        contacts.is_resolved as is_resolved_by_status,
        logged.ticket_id is not null as has_log,
        case
            when logged.ticket_id is null
                then coalesce(tickets.status not in ('solved', 'closed', 'deleted'), false)
            else coalesce(logged.last_status not in ('solved', 'closed', 'deleted'), false)
        end as is_open,
        field_times.first_resolved_at as field_first_resolved_at,
        field_times.resolved_at as field_resolved_at,
        field_times.reply_calendar_seconds as field_reply_calendar_seconds,
        field_times.first_solve_calendar_seconds as field_first_solve_calendar_seconds,
        field_times.last_solve_calendar_seconds as field_last_solve_calendar_seconds,
        field_times.reply_business_seconds as field_reply_business_seconds,
        field_times.first_solve_business_seconds as field_first_solve_business_seconds,
        field_times.last_solve_business_seconds as field_last_solve_business_seconds
    from tickets
    left join contacts on tickets.contact_id = contacts.contact_id
    left join logged on tickets.ticket_id = logged.ticket_id
    left join field_times on tickets.ticket_id = field_times.ticket_id
),

measured as (
    select
        joined.*,
        logged.last_status,
        case
            when joined.has_log then logged.reply_at else joined.first_replied_at
        end as human_replied_at,
        case when joined.has_log then logged.ack_at end as acknowledged_at,
        logged.restart_at as response_restarted_at,
        case
            when joined.has_log then logged.first_solve_at else joined.field_first_resolved_at
        end as first_resolved_at,
        -- Reopened and still open is not resolved, whatever came before.
        case
            when joined.is_open then null
            when joined.has_log then logged.last_solve_at
            else joined.field_resolved_at
        end as resolved_at,
        {%- for clock in ('calendar', 'business') %}
        case
            when joined.has_log
                then logged.reply_{{ clock }}_seconds - logged.restart_{{ clock }}_seconds
            else joined.field_reply_{{ clock }}_seconds
        end as response_{{ clock }}_seconds,
        logged.ack_{{ clock }}_seconds,
        case
            when joined.has_log then logged.first_solve_{{ clock }}_seconds
            else joined.field_first_solve_{{ clock }}_seconds
        end as first_solve_{{ clock }}_seconds,
        case
            when joined.is_open then null
            when joined.has_log then logged.last_solve_{{ clock }}_seconds
            else joined.field_last_solve_{{ clock }}_seconds
        end as last_solve_{{ clock }}_seconds,
        {%- for name in ('requester_wait', 'agent_work', 'agent_wait', 'on_hold') %}
        case
            when not joined.is_open and logged.last_solve_at is not null
                then logged.{{ name }}_{{ clock }}_seconds
        end as {{ name }}_{{ clock }}_seconds,
        {%- endfor %}
        {%- endfor %}
        {%- for name in ('agent_reply_count', 'customer_message_count', 'solve_count',
            'reopen_count', 'reassignment_count') %}
        case when joined.has_log then logged.{{ name }} else joined.{{ name }} end
            as counted_{{ name }},
        {%- endfor %}
        logged.automatic_reply_count,
        logged.internal_note_count,
        logged.replying_agents_count,
        logged.ticket_updates_count,
        logged.assignee_stations_count,
        logged.handoff_count,
        logged.transfer_count,
        logged.first_automatic_reply_at,
        logged.first_note_at,
        coalesce(logged.has_clock_running_back = 1, false) as has_clock_running_back
    from joined
    left join logged on joined.ticket_id = logged.ticket_id
)

select
    ticket_id,
    contact_id,
    customer_id,
    agent_id,
    channel,
    team,
    reason,
    product_area,
    coalesce(priority, 'none') as priority,
    country_code,
    industry,
    plan_tier,
    status,
    last_status as log_status,
    counted_agent_reply_count as agent_reply_count,
    automatic_reply_count,
    internal_note_count,
    counted_customer_message_count as customer_message_count,
    replying_agents_count,
    ticket_updates_count,
    counted_solve_count as solve_count,
    counted_reopen_count as reopen_count,
    assignee_stations_count,
    handoff_count,
    transfer_count,
    counted_reassignment_count as reassignment_count,
    {%- for clock in ('calendar', 'business') %}
    response_{{ clock }}_seconds as first_response_{{ clock }}_seconds,
    ack_{{ clock }}_seconds,
    first_solve_{{ clock }}_seconds as first_resolution_{{ clock }}_seconds,
    last_solve_{{ clock }}_seconds as full_resolution_{{ clock }}_seconds,
    requester_wait_{{ clock }}_seconds,
    agent_work_{{ clock }}_seconds,
    agent_wait_{{ clock }}_seconds,
    on_hold_{{ clock }}_seconds,
    {%- endfor %}
    has_log,
    has_clock_running_back,
    is_open,
    is_customer_contact,
    is_handled,
    is_bot_only,
    is_spam,
    is_deleted,
    is_merged,
    contact_date,
    created_at,
    human_replied_at,
    acknowledged_at,
    response_restarted_at,
    first_automatic_reply_at,
    first_note_at,
    first_resolved_at,
    resolved_at,
    closed_at,
    source
from measured
