{# Column (in lower case) → type of the native files of a source table; empty when it has none. #}
{% macro lake_types(source_name, table_name) -%}
    {{ return(adapter.dispatch('lake_types')(source_name, table_name)) }}
{%- endmacro %}

{% macro duckdb__lake_types(source_name, table_name) -%}
    {%- set schema = lake_folder(source_name, table_name) ~ '/native-schema.parquet' -%}
    {%- set types = {} -%}
    {%- if run_query("select 1 from glob(" ~ quote_text(schema) ~ ")") | length -%}
        {%- for row in run_query("describe select * from read_parquet(" ~ quote_text(schema) ~ ")") -%}
            {%- do types.update({row[0] | lower: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(types) }}
{%- endmacro %}
