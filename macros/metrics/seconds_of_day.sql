{# Seconds since local midnight of a text HH:MM; 24:00 is the end of the day. #}
{% macro seconds_of_day(expression) -%}
    (cast(substring({{ expression }}, 1, 2) as bigint) * 3600
        + cast(substring({{ expression }}, 4, 2) as bigint) * 60)
{%- endmacro %}
