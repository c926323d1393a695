{% macro keyed_hash(expression) -%}
    {{ return(adapter.dispatch('keyed_hash')(expression)) }}
{%- endmacro %}

{# The key is a session variable set by the connection plugin, so it is in no compiled file. #}
{% macro duckdb__keyed_hash(expression) -%}
    sha256(getvariable('cx_hash_key') || {{ expression }} || getvariable('cx_hash_key'))
{%- endmacro %}
