{% macro parse_timestamp(expression, format) -%}
    {{ return(adapter.dispatch('parse_timestamp')(expression, format)) }}
{%- endmacro %}

{% macro duckdb__parse_timestamp(expression, format) -%}
    try_strptime({{ expression }}, {{ quote_text(format) }})
{%- endmacro %}
