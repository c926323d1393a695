{% macro typed_constant(constant, column, namespace) -%}
    {%- if column.kind == 'id' -%} {{ quote_text(namespace ~ ':' ~ constant) }}
    {%- elif column.type == 'varchar' -%} {{ quote_text(constant) }}
    {%- else -%} cast({{ quote_text(constant) }} as {{ column.type }})
    {%- endif -%}
{%- endmacro %}
