{% macro add_months(expression, months) -%}
    {{ return(adapter.dispatch('add_months')(expression, months)) }}
{%- endmacro %}

{% macro default__add_months(expression, months) -%}
    cast(({{ expression }} + interval '{{ months }}' month) as date)
{%- endmacro %}
