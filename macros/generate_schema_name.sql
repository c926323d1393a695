{# A model's schema is the folder's `+schema` alone, so that relations are named the same on every target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
