{% macro timestamp_to_microseconds(expression) -%}
    {{ return(adapter.dispatch('timestamp_to_microseconds')(expression)) }}
{%- endmacro %}

{% macro duckdb__timestamp_to_microseconds(expression) -%}
    epoch_us({{ expression }})
{%- endmacro %}
