{% macro epoch_to_timestamp(expression) -%}
    {{ return(adapter.dispatch('epoch_to_timestamp')(expression)) }}
{%- endmacro %}

{# Outside the years 1 to 9999 there is no timestamp: NULL rather than an error. #}
{% macro duckdb__epoch_to_timestamp(expression) -%}
    case when {{ expression }} between -62135596800 and 253402300799
        then make_timestamp(cast({{ expression }} * 1000000 as bigint)) end
{%- endmacro %}
