{% macro zoned_text_to_utc(expression) -%}
    {{ return(adapter.dispatch('zoned_text_to_utc')(expression)) }}
{%- endmacro %}

{% macro duckdb__zoned_text_to_utc(expression) -%}
    timezone('UTC', try_cast({{ expression }} as timestamptz))
{%- endmacro %}
