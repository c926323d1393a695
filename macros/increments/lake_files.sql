{#
    Let the staging views see only some partitions of these source tables, for the rest of this
    connection's time: `partitions` holds (source, table, load date).
#}
{% macro choose_lake_files(tables, partitions) -%}
    {%- set settings = [] -%}
    {%- for source, table in tables -%}
        {%- set folder = lake_folder(source, table) -%}
        {%- set text = [folder ~ '/_schema.parquet'] -%}
        {%- set native = [folder ~ '/native-schema.parquet'] -%}
        {#- A file that is always there and names no delivery: an empty list cannot be read. -#}
        {%- set deliveries = [folder ~ '/native-types.json'] -%}
        {%- for of_source, of_table, load_date in partitions if (of_source, of_table) == (source, table) -%}
            {%- do text.append(folder ~ '/load_date=' ~ load_date ~ '/[p]art.parquet') -%}
            {%- do native.append(folder ~ '/load_date=' ~ load_date ~ '/native-*.parquet') -%}
            {%- do deliveries.append(folder ~ '/load_date=' ~ load_date ~ '/delivery.json') -%}
        {%- endfor -%}
        {%- do settings.extend(lake_variables(source, table, text, native, deliveries)) -%}
    {%- endfor -%}
    {%- do do_all(settings) -%}
{%- endmacro %}

{# Let the staging views see everything again. #}
{% macro choose_whole_lake(tables) -%}
    {%- set settings = [] -%}
    {%- for source, table in tables -%}
        {%- set folder = lake_folder(source, table) -%}
        {%- do settings.extend(lake_variables(
            source, table, [folder ~ '/**/[_p]*.parquet'], [folder ~ '/**/native-*.parquet'],
            [folder ~ '/native-types.json', folder ~ '/load_date=*/delivery.json']
        )) -%}
    {%- endfor -%}
    {%- do do_all(settings) -%}
{%- endmacro %}

{#
    The statements that set what the staging views read. Patterns without a file are left out: the
    engine takes them for a mistake.
#}
{% macro lake_variables(source, table, text, native, deliveries) -%}
    {%- set settings = [] -%}
    {%- set name = 'lake_' ~ source ~ '__' ~ table -%}
    {%- for suffix, patterns in (('', text), ('_native', native), ('_deliveries', deliveries)) -%}
        {%- set globs = [] -%}
        {%- for pattern in patterns -%} {%- do globs.append('select file from glob(' ~ quote_text(pattern) ~ ')') -%} {%- endfor -%}
        {%- do settings.append(
            'set variable ' ~ name ~ suffix ~ ' = (select coalesce(list(file), []) from ('
            ~ (globs | join(' union all ') or "select '' as file where false") ~ '))'
        ) -%}
    {%- endfor -%}
    {{ return(settings) }}
{%- endmacro %}
