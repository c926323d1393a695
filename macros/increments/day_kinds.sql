{#
    The entities whose rows have a day of their own, and the name of the kind of day that others
    follow them by (`reads`, `follows`).
#}
{% macro day_kinds() -%}
    {{ return({
        'tickets': 'ticket',
        'chats': 'chat',
        'calls': 'call',
        'survey_responses': 'response',
        'ticket_events': 'ticket_event',
        'survey_invitations': 'invitation',
        'bot_sessions': 'bot_session',
        'help_sessions': 'help_session',
        'carts': 'cart',
        'agent_status': 'agent_status',
        'shifts': 'shift',
    }) }}
{%- endmacro %}

{# The kind of the days of an entity, as SQL. #}
{% macro kind_of_entity(column='entity') -%}
    case {{ column }}
        {%- for entity, kind in day_kinds().items() %} when {{ quote_text(entity) }} then {{ quote_text(kind) }}{% endfor %} end
{%- endmacro %}
