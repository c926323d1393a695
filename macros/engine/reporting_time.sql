{# A UTC time by the clock of the reporting zone. #}
{% macro reporting_time(expression) -%}
    {%- if var('reporting_zone') == 'UTC' -%} {{ expression }}
    {%- else -%} {{ return(adapter.dispatch('reporting_time')(expression)) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__reporting_time(expression) -%}
    timezone({{ quote_text(var('reporting_zone')) }}, timezone('UTC', {{ expression }}))
{%- endmacro %}
