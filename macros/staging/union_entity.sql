{#
    All staged rows of an entity, of every source that is registered under the var `entities`; no
    rows, in the same columns, when none is.
#}
{% macro union_entity(entity) -%}
    {%- set models = var('entities').get(entity) or [] -%}
    {%- for model in models %}
    select * from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif -%}
    {%- else %}
    select
        {%- for column in (entity_columns(entity) if execute else []) %}
        cast(null as {{ column.type }}) as {{ column.name }},
        {%- endfor %}
        cast(null as bigint) as _version,
        {%- for name in ('_reject_reason', '_source', '_source_table', '_source_file') %}
        cast(null as {{ dbt.type_string() }}) as {{ name }},
        {%- endfor %}
        cast(null as bigint) as _row_number,
        cast(null as date) as _load_date,
        cast(null as {{ dbt.type_string() }}) as _run_id
    where false
    {%- endfor -%}
{%- endmacro %}
