{# Union of an entity's sources with the verdict on every row. #}
{% macro version_entity(entity, key) -%}
with unioned as (
    {{- union_entity(entity) }}
)

{{ rank_versions('unioned', key) }}
{%- endmacro %}
