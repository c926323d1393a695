{% macro reporting_date(expression) -%}
    {%- if var('reporting_zone') == 'UTC' -%} cast({{ expression }} as date)
    {%- else -%} {{ return(adapter.dispatch('reporting_date')(expression)) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__reporting_date(expression) -%}
    cast(timezone({{ quote_text(var('reporting_zone')) }}, timezone('UTC', {{ expression }})) as date)
{%- endmacro %}
