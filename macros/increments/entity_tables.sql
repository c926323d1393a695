{# The source tables, as (source, table), that feed a canonical entity. #}
{% macro entity_tables(entity) -%}
    {%- set found = [] -%}
    {%- for model in var('entities').get(entity) or [] -%}
        {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ model) -%}
        {%- for id in node.depends_on.nodes if id.startswith('source.') -%}
            {%- set source = graph.sources[id] -%}
            {%- if (source.source_name, source.name) not in found -%}
                {%- do found.append((source.source_name, source.name)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
