{#
    Chats on the days in work, and `back` days before and `ahead` days after them, with the time
    that a person spent on each (`span_from`, `span_to`). A chat of more than a day was never closed
    and has none, so that what lasts over midnight ends on the next day.
#}
{% macro chat_spans(back=0, ahead=0) -%}
    select
        contact_id,
        agent_id,
        contact_date,
        first_replied_at as span_from,
        ended_at as span_to
    from {{ ref('fct_contacts') }}
    where
        contact_type = 'chat'
        and is_handled
        and agent_id is not null
        and first_replied_at >= started_at
        and ended_at > first_replied_at
        and ended_at <= {{ add_days('started_at', 1) }}
        and {{ in_days_around('contact_date', ['chat'], back=back, ahead=ahead) }}
{%- endmacro %}
