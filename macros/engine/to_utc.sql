{% macro to_utc(expression, zone) -%}
    {%- if zone in ('UTC', 'Etc/UTC') -%} {{ expression }}
    {%- else -%} {{ return(adapter.dispatch('to_utc')(expression, zone)) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__to_utc(expression, zone) -%}
    timezone('UTC', timezone({{ quote_text(zone) }}, {{ expression }}))
{%- endmacro %}
