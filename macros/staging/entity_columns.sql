{#
    The columns of a canonical entity, read from the properties of its model, so that the
    entity is written down once.
#}
{% macro entity_columns(entity) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.int_' ~ entity ~ '_versioned') -%}
    {%- set columns = [] -%}
    {%- for column in node.columns.values() if not column.name.startswith('_') -%}
        {%- do columns.append({
            'name': column.name,
            'type': column.data_type,
            'kind': column.config.meta.get('kind', column.data_type),
            'choices': column.config.meta.get('values', []),
        }) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
