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

-- Orders and groups by numbers are half as dear as by texts.
members as (
    select
        activity_date,
        agent_id,
        cast(row_number() over (order by activity_date, agent_id) as integer) as member_number
    from chosen
    group by activity_date, agent_id
),

numbered as (
    select
        members.member_number,
        chosen.span_from,
        chosen.span_to
    from chosen
    inner join members
        on chosen.activity_date = members.activity_date and chosen.agent_id = members.agent_id
),

segments as (
    {{ overlaps('numbered', 'member_number') }}
),

measured as (
    select
        *,
        cast({{ seconds_between('segment_from', 'segment_to') }} as decimal(18, 6))
            as segment_seconds
    from segments
),

summed as (
    select
        member_number,
        max(open_count) as concurrency_max,
        cast(sum(segment_seconds * open_count) as double) as chat_seconds_sum,
        cast(sum(segment_seconds) as double) as chat_busy_seconds_sum
    from measured
    group by member_number
)

select
    members.agent_id,
    summed.concurrency_max,
    summed.chat_seconds_sum,
    summed.chat_busy_seconds_sum,
    members.activity_date
from summed
inner join members on summed.member_number = members.member_number
