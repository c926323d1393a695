{#
    Rows (kind, day, rows_count) of a table by day; of one that is kept in files by what these were
    registered with, so that none is opened.
#}
{% macro rows_by_day(relation, kind, day) -%}
    {%- set existing = load_relation(relation) if execute -%}
    {%- if existing and existing.type == 'table' -%}
        select {{ kind or 'cast(null as varchar)' }} as kind, {{ day }} as day, count(*) as rows_count
        from {{ relation }}
        group by all
    {%- else -%}
        select kind, day, sum(rows_count) as rows_count
        from {{ state('day_files') }}
        where table_schema = {{ quote_text(relation.schema) }} and table_name = {{ quote_text(relation.identifier) }}
        group by kind, day
    {%- endif -%}
{%- endmacro %}
