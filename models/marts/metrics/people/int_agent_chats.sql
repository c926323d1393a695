-- One row per day and agent who chatted: the time in chats, and the time in at least one.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='activity_date', reads=['chat'], causes=['rows'],
    spills=true
) }}

-- What lasts over midnight belongs to both days.
with chats as (
    {{ chat_spans(back=1) }}
),

spans as (
    {{ cut_at_midnight('chats', 'contact_date', ['agent_id']) }}
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
