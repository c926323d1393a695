{# The declaration of one source table: the sources YAML as dbt parsed it, with the source's defaults. #}
{% macro declared_table(source_name, table_name) -%}
    {%- set node = graph.sources.get('source.' ~ project_name ~ '.' ~ source_name ~ '.' ~ table_name) -%}
    {{ return(node.config.meta) }}
{%- endmacro %}
