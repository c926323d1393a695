{# A time and a number of minutes that may be a column. #}
{% macro add_minutes(expression, minutes) -%}
    {{ return(adapter.dispatch('add_minutes')(expression, minutes)) }}
{%- endmacro %}

{% macro duckdb__add_minutes(expression, minutes) -%}
    ({{ expression }} + to_minutes({{ minutes }}))
{%- endmacro %}
