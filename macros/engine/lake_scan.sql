{% macro lake_scan(source_name, table_name) -%}
    {{ return(adapter.dispatch('lake_scan')(source_name, table_name)) }}
{%- endmacro %}

{% macro duckdb__lake_scan(source_name, table_name) -%}
    {%- set folder = env_var('CX_HOME', 'data') ~ '/lake/' ~ source_name ~ '/' ~ table_name -%}
    read_parquet({{ quote_text(folder ~ '/**/*.parquet') }}, union_by_name = true, hive_partitioning = false)
{%- endmacro %}
