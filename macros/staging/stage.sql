{#
    The staging model of one entity of one declared source table: one row per delivered row,
    typed and renamed as the declaration in _<source>__sources.yml says. A row whose value cannot
    be typed keeps its place with a `_reject_reason`; it goes to quarantine, not away.
#}
{% macro stage(source_name, table_name, entity) -%}
{%- set relation = source(source_name, table_name) -%}
{%- if not execute -%}
select 1 as parsed
{%- else -%}
{%- set native_types = lake_types(source_name, table_name) -%}
select * from (
    {{ stage_family(source_name, table_name, entity, 'text', {}) }}
)
{%- if native_types %}

union all

select * from (
    {{ stage_family(source_name, table_name, entity, 'native', native_types) }}
)
{%- endif -%}
{%- endif -%}
{%- endmacro %}
