-- One row per day and agent who handled a contact, had a status or was on shift.
{{ config(
    materialized='by_day', day='activity_date',
    reads=['ticket', 'chat', 'call', 'agent_status', 'shift'], causes=['rows', 'attributes'],
    spills=true
) }}

{%- set statuses = [
    'available', 'on_contact', 'after_contact', 'break', 'training', 'meeting', 'other_away',
    'offline',
] %}

with handled as (
    select
        contact_date as activity_date,
        agent_id,
        {%- for name in ('ticket', 'chat', 'call') %}
        cast(sum(case when contact_type = '{{ name }}' then handled_count else 0 end) as bigint)
            as {{ name }}s_count,
        {%- endfor %}
        cast(sum(handled_count) as bigint) as handled_count,
        cast(sum(contacts_count) as bigint) as customer_contacts_count
    from {{ ref('int_agent_days') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
    group by contact_date, agent_id
),

called as (
    select
        contact_date as activity_date,
        agent_id,
        -- Exact in decimals: a sum of doubles depends on the order of its rows.
        {%- for name in ('handle', 'talk', 'hold', 'wrap_up') %}
        cast(sum(cast({{ name }}_seconds as decimal(18, 6))) as double) as {{ name }}_seconds_sum,
        {%- endfor %}
        count(handle_seconds) as call_handle_time_count
    from {{ ref('fct_calls') }}
    where outcome = 'answered' and {{ in_run_days(none, 'contact_date', kind='call') }}
    group by contact_date, agent_id
),

chatting as (
    select * from {{ ref('int_agent_chats') }}
    where {{ in_run_days(none, 'activity_date', kind='chat') }}
),

-- What lasts over midnight belongs to both days. Nothing is followed further than to the end of
-- the day after the one on which it began: a longer status is a log-out that somebody forgot.
spans as (
    select
        'status' as span_kind,
        agent_id,
        status_date as span_date,
        status,
        cast(null as {{ dbt.type_string() }}) as team,
        cast(0 as double) as paid_share,
        started_at as span_from,
        ended_at as span_to
    from {{ ref('fct_agent_status') }}
    where
        agent_id is not null
        and ended_at > started_at
        and {{ in_days_around('status_date', ['agent_status'], back=1) }}

    union all

    select
        'shift' as span_kind,
        agent_id,
        shift_date as span_date,
        cast(null as {{ dbt.type_string() }}) as status,
        team,
        paid_seconds / scheduled_seconds as paid_share,
        started_at as span_from,
        ended_at as span_to
    from {{ ref('fct_shifts') }}
    where
        agent_id is not null
        and ended_at > started_at
        and {{ in_days_around('shift_date', ['shift'], back=1) }}
),

cut as (
    {{ cut_at_midnight(
        'spans', 'span_date', ['span_kind', 'agent_id', 'status', 'team', 'paid_share']
    ) }}
),

slices as (
    select
        *,
        cast({{ seconds_between('span_from', 'span_to') }} as decimal(18, 6)) as slice_seconds
    from cut
    where {{ in_run_days(none, 'activity_date', kind='chat') }}
),

present as (
    select
        {%- for status in statuses %}
        cast(sum(case when status = '{{ status }}' then slice_seconds else 0 end) as double)
            as {{ status }}_seconds_sum,
        {%- endfor %}
        activity_date,
        agent_id
    from slices
    where span_kind = 'status'
    group by activity_date, agent_id
),

planned as (
    select
        activity_date,
        agent_id,
        min(team) as team,
        cast(sum(slice_seconds) as double) as scheduled_seconds_sum,
        cast(sum(cast(slice_seconds * paid_share as decimal(18, 6))) as double) as paid_seconds_sum
    from slices
    where span_kind = 'shift'
    group by activity_date, agent_id
),

agents as (
    select
        activity_date,
        agent_id
    from handled
    union
    select
        activity_date,
        agent_id
    from chatting
    union
    select
        activity_date,
        agent_id
    from slices
),

joined as (
    select
        agents.activity_date,
        agents.agent_id,
        coalesce(planned.team, 'unknown') as team,
        coalesce(handled.handled_count, 0) as handled_count,
        coalesce(handled.customer_contacts_count, 0) as customer_contacts_count,
        coalesce(handled.tickets_count, 0) as tickets_count,
        coalesce(handled.chats_count, 0) as chats_count,
        coalesce(handled.calls_count, 0) as calls_count,
        coalesce(called.call_handle_time_count, 0) as call_handle_time_count,
        called.handle_seconds_sum as call_handle_seconds_sum,
        called.talk_seconds_sum,
        called.hold_seconds_sum,
        called.wrap_up_seconds_sum,
        chatting.concurrency_max,
        chatting.chat_seconds_sum,
        chatting.chat_busy_seconds_sum,
        {%- for status in statuses %}
        present.{{ status }}_seconds_sum,
        {%- endfor %}
        present.on_contact_seconds_sum + present.after_contact_seconds_sum
            as status_handle_seconds_sum,
        present.on_contact_seconds_sum
        + present.after_contact_seconds_sum
        + present.available_seconds_sum as productive_seconds_sum,
        planned.scheduled_seconds_sum,
        planned.paid_seconds_sum,
        present.agent_id is not null and planned.agent_id is not null as is_comparable
    from agents
    left join handled
        on
            agents.agent_id = handled.agent_id
            and agents.activity_date is not distinct from handled.activity_date
    left join called
        on
            agents.agent_id = called.agent_id
            and agents.activity_date is not distinct from called.activity_date
    left join chatting
        on agents.agent_id = chatting.agent_id and agents.activity_date = chatting.activity_date
    left join present
        on agents.agent_id = present.agent_id and agents.activity_date = present.activity_date
    left join planned
        on agents.agent_id = planned.agent_id and agents.activity_date = planned.activity_date
),

-- Utilisation compares statuses with a shift: where one of them is missing there is none.
compared as (
    select
        *,
        case when is_comparable then productive_seconds_sum end as utilised_seconds_sum,
        case when is_comparable then paid_seconds_sum end as utilisation_base_seconds_sum
    from joined
)

select
    agent_id,
    team,
    handled_count,
    customer_contacts_count,
    tickets_count,
    chats_count,
    calls_count,
    call_handle_time_count,
    concurrency_max,
    call_handle_seconds_sum,
    talk_seconds_sum,
    hold_seconds_sum,
    wrap_up_seconds_sum,
    chat_seconds_sum,
    chat_busy_seconds_sum,
    {%- for status in statuses %}
    {{ status }}_seconds_sum,
    {%- endfor %}
    status_handle_seconds_sum,
    productive_seconds_sum,
    scheduled_seconds_sum,
    paid_seconds_sum,
    utilised_seconds_sum,
    utilisation_base_seconds_sum,
    call_handle_seconds_sum / nullif(call_handle_time_count, 0) as call_handle_seconds_avg,
    chat_seconds_sum / nullif(chat_busy_seconds_sum, 0) as concurrency_avg,
    {{ share_pct('status_handle_seconds_sum', 'productive_seconds_sum') }} as occupancy_pct,
    {{ share_pct('utilised_seconds_sum', 'utilisation_base_seconds_sum') }} as utilisation_pct,
    activity_date
from compared
