{# A date a number of days later; both are expressions. #}
{% macro days_after(expression, days) -%}
    {{ return(adapter.dispatch('days_after')(expression, days)) }}
{%- endmacro %}

{% macro default__days_after(expression, days) -%}
    ({{ expression }} + cast({{ days }} as integer))
{%- endmacro %}
