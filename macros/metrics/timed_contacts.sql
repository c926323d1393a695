{# Tickets and chats that people served, with their durations in one shape. #}
{% macro timed_contacts() -%}
    select
        contact_date,
        'ticket' as contact_type,
        source,
        channel,
        country_code,
        first_response_calendar_seconds as first_response_seconds,
        first_response_business_seconds,
        ack_calendar_seconds as ack_seconds,
        first_resolution_calendar_seconds as first_resolution_seconds,
        full_resolution_calendar_seconds as full_resolution_seconds,
        requester_wait_calendar_seconds as requester_wait_seconds,
        case when full_resolution_calendar_seconds is not null then agent_reply_count end as replies
    from {{ ref('fct_ticket_times') }}
    where
        is_customer_contact and is_handled
        and {{ in_run_days(none, 'contact_date', kind='ticket') }}
    union all
    select
        contact_date,
        'chat' as contact_type,
        source,
        channel,
        country_code,
        first_response_calendar_seconds as first_response_seconds,
        cast(null as double) as first_response_business_seconds,
        cast(null as double) as ack_seconds,
        case when is_resolved then {{ seconds_between('started_at', 'ended_at') }} end
            as first_resolution_seconds,
        case when is_resolved then {{ seconds_between('started_at', 'ended_at') }} end
            as full_resolution_seconds,
        cast(null as double) as requester_wait_seconds,
        cast(null as bigint) as replies
    from {{ ref('fct_contacts') }}
    where
        contact_type = 'chat'
        and is_customer_contact and is_handled
        and {{ in_run_days(none, 'contact_date', kind='chat') }}
{%- endmacro %}
