-- One row per chat that a human served: its time by the clock, and its share of the agent's time.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', reads=['chat'], causes=['rows'],
    follows={'chat': [1, 1]}
) }}

-- A chat of at most a day meets only chats that began the day before, on its day or the day after.
with spans as (
    {{ chat_spans(back=1, ahead=1) }}
),

-- Orders and joins by numbers are half as dear as by texts.
agents as (
    select
        agent_id,
        cast(row_number() over (order by agent_id) as integer) as agent_number
    from spans
    group by agent_id
),

numbered as (
    select
        spans.*,
        agents.agent_number
    from spans
    inner join agents on spans.agent_id = agents.agent_id
),

segments as (
    {{ overlaps('numbered', 'agent_number') }}
),

-- A segment is found by the half hour in which it begins: by the agent alone, every chat would
-- meet all segments of all the days. Of a moment with three chats each gets a third; decimals,
-- because their sum has no order.
placed_segments as (
    select
        agent_number,
        segment_from,
        segment_to,
        open_count,
        cast(
            {{ seconds_between('segment_from', 'segment_to') }} / open_count as decimal(18, 6)
        ) as shared_seconds,
        {{ half_hour_number('segment_from') }} as half_hour
    from segments
),

placed_spans as (
    select
        *,
        {{ integer_series(half_hour_number('span_from'), half_hour_number('span_to')) }}
            as half_hour
    from numbered
    where {{ in_run_days(none, 'contact_date', kind='chat') }}
),

shares as (
    select
        spans.contact_id,
        min(spans.contact_date) as contact_date,
        min(spans.span_from) as span_from,
        min(spans.span_to) as span_to,
        cast(sum(segments.shared_seconds) as double) as adjusted_handle_seconds,
        max(segments.open_count) as concurrency_max
    from placed_spans as spans
    inner join placed_segments as segments
        on
            spans.agent_number = segments.agent_number
            and spans.half_hour = segments.half_hour
            and spans.span_from <= segments.segment_from
            and spans.span_to >= segments.segment_to
    group by spans.contact_id
)

select
    contact_id,
    {{ seconds_between('span_from', 'span_to') }} as handle_seconds,
    adjusted_handle_seconds,
    concurrency_max,
    contact_date
from shares
