{# What a declaration expects of a column, in the words of the reason that a rejected row carries. #}
{% macro expected_text(column, spec) -%}
    {%- if spec.get('map') -%} a value of its map
    {%- elif column.kind == 'id' -%} an id with all its digits
    {%- elif column.kind == 'choice' -%} one of {{ column.choices | join(', ') }}
    {%- elif column.type == 'timestamp' -%} a time as {{ spec.get('formats', ['iso']) | join(' or ') }}
    {%- elif column.type == 'date' -%} a date as YYYY-MM-DD
    {%- elif column.kind == 'seconds' -%} a duration in {{ spec.get('unit', 'seconds') }}
    {%- elif column.type == 'boolean' -%} yes or no
    {%- else -%} a number
    {%- endif -%}
{%- endmacro %}
