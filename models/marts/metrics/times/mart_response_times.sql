-- One row per contact date, contact type, source, channel, country, industry, plan tier, product
-- area, team and priority.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes', 'parts']
) }}

{%- set attributes = [
    'contact_type', 'source', 'channel', 'country_code', 'industry', 'plan_tier', 'product_area',
    'team', 'priority'
] %}
{%- set waits = ['requester_wait', 'agent_work', 'agent_wait', 'on_hold'] %}

with tickets as (
    select * from {{ ref('fct_ticket_times') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

live as (
    select * from {{ ref('fct_contacts') }}
    where
        contact_type in ('chat', 'call')
        and {{ in_run_days('contact_type', 'contact_date') }}
),

calls as (
    select * from {{ ref('fct_calls') }}
    where {{ in_run_days(none, 'contact_date', kind='call') }}
),

contacts as (
    select
        contact_date,
        'ticket' as contact_type,
        source,
        channel,
        country_code,
        industry,
        plan_tier,
        product_area,
        team,
        priority,
        is_customer_contact and is_handled as is_served,
        is_customer_contact and is_bot_only as is_bot_only,
        is_merged,
        is_open,
        first_response_calendar_seconds as response_seconds,
        first_response_business_seconds as response_business_seconds,
        ack_calendar_seconds as ack_seconds,
        first_resolution_calendar_seconds as first_resolution_seconds,
        full_resolution_calendar_seconds as full_resolution_seconds,
        first_resolution_business_seconds,
        full_resolution_business_seconds,
        {%- for name in waits %}
        {{ name }}_calendar_seconds as {{ name }}_seconds,
        {{ name }}_business_seconds,
        {%- endfor %}
        agent_reply_count,
        ticket_updates_count,
        handoff_count,
        transfer_count,
        reassignment_count,
        cast(null as double) as hold_seconds,
        reopen_count
    from tickets

    union all

    -- A chat session counts as one reply, however many messages it has.
    select
        live.contact_date,
        live.contact_type,
        live.source,
        live.channel,
        live.country_code,
        live.industry,
        live.plan_tier,
        live.product_area,
        live.team,
        'none' as priority,
        live.is_customer_contact and live.is_handled as is_served,
        live.is_customer_contact and live.is_bot_only as is_bot_only,
        live.is_merged,
        false as is_open,
        case when live.contact_type = 'chat' then live.first_response_calendar_seconds end
            as response_seconds,
        cast(null as double) as response_business_seconds,
        cast(null as double) as ack_seconds,
        {%- for name in ('first_resolution', 'full_resolution') %}
        case
            when live.contact_type = 'chat' and live.is_resolved
                then {{ seconds_between('live.started_at', 'live.ended_at') }}
        end as {{ name }}_seconds,
        {%- endfor %}
        cast(null as double) as first_resolution_business_seconds,
        cast(null as double) as full_resolution_business_seconds,
        {%- for name in waits %}
        cast(null as double) as {{ name }}_seconds,
        cast(null as double) as {{ name }}_business_seconds,
        {%- endfor %}
        case when live.contact_type = 'chat' then cast(1 as bigint) end as agent_reply_count,
        cast(null as bigint) as ticket_updates_count,
        case when live.contact_type = 'chat' then live.agent_count - 1 end as handoff_count,
        case
            when live.contact_type = 'chat' then live.agent_count - 1
            else calls.transfer_count
        end as transfer_count,
        cast(null as bigint) as reassignment_count,
        calls.hold_seconds,
        cast(null as bigint) as reopen_count
    from live
    left join calls on live.contact_id = calls.contact_id
),

counted as (
    select
        contact_date,
        {{ attributes | join(', ') }},
        count(case when is_served then 1 end) as contacts_count,
        count(case when is_bot_only then 1 end) as bot_only_count,
        count(case when is_merged then 1 end) as merged_count,
        count(case when is_served and contact_type = 'ticket' and is_open then 1 end) as open_count,
        count(case when is_served then response_seconds end) as replied_count,
        count(
            case
                when is_served and contact_type <> 'call' and response_seconds is null then 1
            end
        ) as unreplied_count,
        {{ seconds_sum('case when is_served then response_seconds end') }}
            as first_response_seconds_sum,
        count(case when is_served and response_seconds <= 3600 then 1 end)
            as replied_within_1h_count,
        count(case when is_served and response_seconds <= 86400 then 1 end)
            as replied_within_24h_count,
        count(case when is_served then response_business_seconds end) as replied_business_count,
        {{ seconds_sum('case when is_served then response_business_seconds end') }}
            as first_response_business_seconds_sum,
        count(case when is_served then ack_seconds end) as acknowledged_count,
        {{ seconds_sum('case when is_served then ack_seconds end') }} as ack_seconds_sum,
        count(case when is_served and ack_seconds <= 3600 then 1 end)
            as acknowledged_within_1h_count,
        count(case when is_served and ack_seconds <= 14400 then 1 end)
            as acknowledged_within_4h_count,
        count(case when is_served then first_resolution_seconds end) as first_resolved_count,
        {{ seconds_sum('case when is_served then first_resolution_seconds end') }}
            as first_resolution_seconds_sum,
        count(case when is_served then full_resolution_seconds end) as resolved_count,
        {{ seconds_sum('case when is_served then full_resolution_seconds end') }}
            as full_resolution_seconds_sum,
        {{ seconds_sum(
            'case when is_served then full_resolution_seconds - first_resolution_seconds end'
        ) }} as resolution_gap_seconds_sum,
        count(case when is_served and full_resolution_seconds > first_resolution_seconds then 1 end)
            as resolved_again_count,
        count(case when is_served then full_resolution_business_seconds end)
            as resolved_business_count,
        {{ seconds_sum('case when is_served then first_resolution_business_seconds end') }}
            as first_resolution_business_seconds_sum,
        {{ seconds_sum('case when is_served then full_resolution_business_seconds end') }}
            as full_resolution_business_seconds_sum,
        count(case when is_served then requester_wait_seconds end) as waits_count,
        {%- for name in waits %}
        {{ seconds_sum('case when is_served then ' ~ name ~ '_seconds end') }}
            as {{ name }}_seconds_sum,
        {{ seconds_sum('case when is_served then ' ~ name ~ '_business_seconds end') }}
            as {{ name }}_business_seconds_sum,
        {%- endfor %}
        count(
            case when is_served and full_resolution_seconds is not null then agent_reply_count end
        )
            as replies_counted_count,
        cast(sum(
            case when is_served and full_resolution_seconds is not null then agent_reply_count end
        ) as bigint) as replies_sum,
        {%- for name, condition in (
            ('zero_touch', '= 0'), ('one_touch', '= 1'), ('two_touch', '= 2'), ('multi_touch', '> 2')
        ) %}
        count(
            case
                when
                    is_served and contact_type = 'ticket' and full_resolution_seconds is not null
                    and agent_reply_count {{ condition }}
                    then 1
            end
        ) as {{ name }}_count,
        {%- endfor %}
        {%- for column, name in (
            ('ticket_updates_count', 'ticket_updates'), ('handoff_count', 'handoffs'),
            ('transfer_count', 'transfers'), ('reassignment_count', 'reassignments'),
            ('reopen_count', 'reopens')
        ) %}
        count(case when is_served then {{ column }} end) as {{ name }}_counted_count,
        cast(sum(case when is_served then {{ column }} end) as bigint) as {{ name }}_sum,
        {%- endfor %}
        count(case when is_served and handoff_count > 0 then 1 end) as handed_off_count,
        count(case when is_served and transfer_count > 0 then 1 end) as transferred_count,
        count(case when is_served and reassignment_count > 0 then 1 end) as reassigned_count,
        count(case when is_served and reopen_count > 0 then 1 end) as reopened_count,
        count(case when is_served and reopen_count > 0 and is_open then 1 end)
            as reopened_still_open_count,
        count(case when is_served then hold_seconds end) as holds_counted_count,
        count(case when is_served and hold_seconds > 0 then 1 end) as held_count,
        {{ seconds_sum('case when is_served then hold_seconds end') }} as hold_seconds_sum
    from contacts
    where is_served or is_bot_only or is_merged
    group by contact_date, {{ attributes | join(', ') }}
)

select
    {{ attributes | join(',\n    ') }},
    {{ response_times_columns() }},
    contact_date
from counted
