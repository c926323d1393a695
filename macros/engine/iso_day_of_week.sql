{% macro iso_day_of_week(expression) -%}
    {{ return(adapter.dispatch('iso_day_of_week')(expression)) }}
{%- endmacro %}

{% macro duckdb__iso_day_of_week(expression) -%}
    cast(isodow({{ expression }}) as bigint)
{%- endmacro %}
