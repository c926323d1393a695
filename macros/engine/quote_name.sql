{# A quoted name of any text; dbt's own quoting does not double a quote inside the name. #}
{% macro quote_name(name) -%}
    {%- set mark = adapter.quote('x')[0] -%}
    {{ adapter.quote((name | string).replace(mark, mark ~ mark)) }}
{%- endmacro %}
