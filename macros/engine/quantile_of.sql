{# The continuous quantile of a column in a group: exact, and the same in whatever order. #}
{% macro quantile_of(expression, share) -%}
    {{ return(adapter.dispatch('quantile_of')(expression, share)) }}
{%- endmacro %}

{% macro duckdb__quantile_of(expression, share) -%}
    quantile_cont({{ expression }}, {{ share }})
{%- endmacro %}
