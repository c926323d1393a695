{# A timestamp and a whole number of seconds, both expressions. #}
{% macro add_seconds(expression, seconds) -%}
    {{ return(adapter.dispatch('add_seconds')(expression, seconds)) }}
{%- endmacro %}

{% macro duckdb__add_seconds(expression, seconds) -%}
    ({{ expression }} + to_seconds(cast({{ seconds }} as bigint)))
{%- endmacro %}
