{# A whole number for a value: equal values have equal ones, and hardly any others do. #}
{% macro hash_number(expression) -%}
    {{ return(adapter.dispatch('hash_number')(expression)) }}
{%- endmacro %}

{% macro duckdb__hash_number(expression) -%}
    hash({{ expression }})
{%- endmacro %}
