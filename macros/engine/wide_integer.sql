{# An integer of up to 38 digits: sums of it are exact in whatever order they are made. #}
{% macro wide_integer(expression) -%}
    {{ return(adapter.dispatch('wide_integer')(expression)) }}
{%- endmacro %}

{% macro default__wide_integer(expression) -%}
    cast({{ expression }} as decimal(38, 0))
{%- endmacro %}

{% macro duckdb__wide_integer(expression) -%}
    cast({{ expression }} as hugeint)
{%- endmacro %}
