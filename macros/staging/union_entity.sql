{# All staged rows of an entity, of every source that is registered under the var `entities`. #}
{% macro union_entity(entity) -%}
    {%- set models = var('entities')[entity] -%}
    {%- for model in models %}
    select * from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif -%}
    {%- endfor %}
{%- endmacro %}
