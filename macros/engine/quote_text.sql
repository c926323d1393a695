{# A SQL text literal of any text; everything that comes from a declaration goes through here. #}
{% macro quote_text(text) -%}
    '{{ (text | string).replace("'", "''") }}'
{%- endmacro %}
