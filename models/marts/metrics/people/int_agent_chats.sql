-- One row per day and agent who chatted: the time in chats, and the time in at least one.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='activity_date', reads=['chat'], causes=['rows'],
    spills=true
) }}

-- What lasts over midnight belongs to both days; a chat of more than a day was never closed.
with chats as (
    select
        agent_id,
        contact_date,
        first_replied_at,
        ended_at
    from {{ ref('fct_contacts') }}
    where
        contact_type = 'chat'
        and is_handled
        and agent_id is not null
        and first_replied_at >= started_at
        and ended_at > first_replied_at
        and ended_at <= {{ add_days('started_at', 1) }}
        and {{ in_days_around('contact_date', ['chat'], back=1) }}
),

-- Once a day: zones are slow.
midnights as (
    {{ midnights_of('contact_date', 'chats') }}
),

spans as (
    {%- for days in (0, 1) %}
    select
        cast({{ add_days('chats.contact_date', days) }} as date) as activity_date,
        chats.agent_id,
        greatest(chats.first_replied_at, midnights.midnight_{{ days }}) as span_from,
        least(chats.ended_at, midnights.midnight_{{ days + 1 }}) as span_to
    from chats
    inner join midnights on chats.contact_date = midnights.contact_date
    where
        chats.first_replied_at < midnights.midnight_{{ days + 1 }}
        and chats.ended_at > midnights.midnight_{{ days }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

chosen as (
    select * from spans
    where {{ in_run_days(none, 'activity_date', kind='chat') }}
),

segments as (
    {{ overlaps('chosen', ['activity_date', 'agent_id']) }}
),

measured as (
    select
        *,
        cast({{ seconds_between('segment_from', 'segment_to') }} as decimal(18, 6))
            as segment_seconds
    from segments
)

select
    agent_id,
    max(open_count) as concurrency_max,
    cast(sum(segment_seconds * open_count) as double) as chat_seconds_sum,
    cast(sum(segment_seconds) as double) as chat_busy_seconds_sum,
    activity_date
from measured
group by activity_date, agent_id
