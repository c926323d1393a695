-- One row per accepted entry of the log of an accepted ticket, under the day of the ticket.
{{ config(
    materialized='by_day', day='contact_date', reads=['ticket'],
    causes=['rows', 'attributes', 'parts']
) }}

with tickets as (
    select * from {{ ref('fct_tickets') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

-- The order is that of the source: several entries in one second are common.
numbered as (
    select
        events.*,
        tickets.contact_date,
        tickets.created_at as ticket_created_at,
        tickets.status as ticket_status,
        tickets.priority as ticket_priority,
        tickets.team as ticket_team,
        row_number() over (
            partition by events.ticket_id
            order by events.sequence nulls last, events.occurred_at nulls last, events.event_id
        ) as event_number
    from {{ ref('int_ticket_events_versioned') }} as events
    inner join tickets on events.ticket_id = tickets.ticket_id
    where events._disposition = 'accepted'
),

-- A clock that runs back does not give negative times: the time of an entry is never before
-- that of the one ahead of it, nor before the ticket.
counted as (
    select
        *,
        greatest(
            max(occurred_at) over (
                partition by ticket_id order by event_number
                rows between unbounded preceding and current row
            ),
            coalesce(ticket_created_at, occurred_at)
        ) as counted_at,
        max(case when event_type = 'created' then actor_role end) over (partition by ticket_id)
            as creator_role,
        max(case when event_type = 'created' and is_public is not null then 1 else 0 end) over (
            partition by ticket_id
        ) as has_message_at_creation,
        {%- for field in ('status', 'priority', 'team', 'assignee') %}
        count(case when event_type = '{{ field }}' then 1 end) over (
            partition by ticket_id order by event_number
            rows between unbounded preceding and current row
        ) as {{ field }}_changes,
        count(case when event_type = '{{ field }}' then 1 end) over (partition by ticket_id)
            as {{ field }}_changes_total,
        {%- endfor %}
        count(case when event_type in ('assignee', 'team') and value_to is not null then 1 end)
            over (
                partition by ticket_id, event_type order by event_number
                rows between unbounded preceding and current row
            ) as station_number,
        count(case when event_type = 'message' then 1 end) over (
            partition by ticket_id order by event_number
            rows between unbounded preceding and current row
        ) as message_number
    from numbered
),

stations as (
    select
        ticket_id,
        event_number,
        coalesce(
            lag(value_to) over (partition by ticket_id, event_type order by event_number),
            value_from
        ) as station_before
    from counted
    where event_type in ('assignee', 'team') and value_to is not null
),

-- What a field was before its first change is said by that change.
first_values as (
    select
        {%- for field in ('status', 'priority', 'team', 'assignee') %}
        max(case when event_type = '{{ field }}' and {{ field }}_changes = 1 then value_from end)
            as first_{{ field }},
        {%- endfor %}
        ticket_id
    from counted
    group by ticket_id
),

in_force as (
    select
        counted.*,
        stations.station_before,
        case
            when counted.status_changes_total = 0 then counted.ticket_status
            when counted.status_changes = 0 then coalesce(first_values.first_status, 'new')
            else max(case when counted.event_type = 'status' then counted.value_to end) over (
                partition by counted.ticket_id, counted.status_changes
            )
        end as status,
        case
            when counted.priority_changes_total = 0 then counted.ticket_priority
            when counted.priority_changes = 0 then first_values.first_priority
            else max(case when counted.event_type = 'priority' then counted.value_to end) over (
                partition by counted.ticket_id, counted.priority_changes
            )
        end as priority,
        case
            when counted.team_changes_total = 0 then counted.ticket_team
            when counted.team_changes = 0 then first_values.first_team
            else max(case when counted.event_type = 'team' then counted.value_to end) over (
                partition by counted.ticket_id, counted.team_changes
            )
        end as team,
        case
            when counted.assignee_changes = 0 then first_values.first_assignee
            else max(case when counted.event_type = 'assignee' then counted.value_to end) over (
                partition by counted.ticket_id, counted.assignee_changes
            )
        end as assignee,
        case
            when counted.status_changes_total = 0 then counted.ticket_status
            else coalesce(first_values.first_status, 'new')
        end as status_at_creation,
        case
            when counted.priority_changes_total = 0 then counted.ticket_priority
            else first_values.first_priority
        end as priority_at_creation,
        case
            when counted.team_changes_total = 0 then counted.ticket_team
            else first_values.first_team
        end as team_at_creation
    from counted
    left join stations
        on counted.ticket_id = stations.ticket_id and counted.event_number = stations.event_number
    left join first_values on counted.ticket_id = first_values.ticket_id
),

before as (
    select
        *,
        case
            when event_number = 1 then status_at_creation
            else lag(status) over (partition by ticket_id order by event_number)
        end as status_before,
        case
            when event_number = 1 then priority_at_creation
            else lag(priority) over (partition by ticket_id order by event_number)
        end as priority_before,
        case
            when event_number = 1 then team_at_creation
            else lag(team) over (partition by ticket_id order by event_number)
        end as team_before,
        case
            when event_number = 1 then coalesce(ticket_created_at, counted_at)
            else lag(counted_at) over (partition by ticket_id order by event_number)
        end as counted_from
    from in_force
),

calendars as (
    select distinct calendar_id from {{ ref('dim_business_calendar') }}
),

-- Business time runs by the calendar of the team that holds the ticket in that slice.
clocked as (
    select
        before.*,
        coalesce(calendars.calendar_id, '*') as calendar_id
    from before
    left join calendars on before.team_before = calendars.calendar_id
),

timed as (
    select
        clocked.*,
        {{ seconds_between('clocked.counted_from', 'clocked.counted_at') }}
            as calendar_seconds_before,
        {{ open_seconds_at('to_piece', 'clocked.counted_at') }}
        - {{ open_seconds_at('from_piece', 'clocked.counted_from') }} as business_seconds_before
    from clocked
    left join {{ ref('dim_business_calendar') }} as from_piece
        on {{ on_calendar('from_piece', 'clocked.calendar_id', 'clocked.counted_from') }}
    left join {{ ref('dim_business_calendar') }} as to_piece
        on {{ on_calendar('to_piece', 'clocked.calendar_id', 'clocked.counted_at') }}
),

final as (
    select
        *,
        {%- for clock in ('calendar', 'business') %}
        cast(sum(cast({{ clock }}_seconds_before as decimal(18, 6))) over (
            partition by ticket_id order by event_number
            rows between unbounded preceding and current row
        ) as double) as {{ clock }}_seconds_since_creation,
        {%- endfor %}
        -- A ticket that an agent creates begins with his own message: it answers nobody.
        event_type = 'message'
        and coalesce(is_public, true)
        and actor_role = 'agent'
        and not (
            coalesce(creator_role, 'unknown') = 'agent'
            and has_message_at_creation = 0
            and message_number = 1
        ) as is_human_reply,
        event_type = 'status'
        and coalesce(value_to in ('solved', 'closed'), false)
        and coalesce(status_before not in ('solved', 'closed'), true) as is_solve,
        event_type = 'status'
        and coalesce(value_to in ('new', 'open', 'pending', 'hold'), false)
        and coalesce(status_before in ('solved', 'closed'), false) as is_reopen
    from timed
)

select
    event_id,
    ticket_id,
    event_type,
    actor_role,
    agent_id,
    creator_role,
    value_from,
    value_to,
    status,
    priority,
    team,
    assignee,
    status_before,
    priority_before,
    team_before,
    calendar_id,
    event_number,
    calendar_seconds_before,
    business_seconds_before,
    calendar_seconds_since_creation,
    business_seconds_since_creation,
    case when event_type in ('created', 'message') then coalesce(is_public, true) end as is_public,
    is_human_reply,
    is_solve,
    is_reopen,
    event_type = 'assignee'
    and value_to is not null
    and station_before is not null
    and value_to <> station_before as is_handoff,
    event_type = 'team'
    and value_to is not null
    and station_before is not null
    and value_to <> station_before as is_transfer,
    event_type = 'assignee'
    and value_to is not null
    and coalesce(value_to <> station_before, true) as is_new_station,
    contact_date,
    occurred_at,
    counted_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from final
