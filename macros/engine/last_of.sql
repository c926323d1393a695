{# Of a group the value of the row that is last by several columns; rows without a value do not count. #}
{% macro last_of(value, columns) -%}
    {{ return(adapter.dispatch('last_of')(value, columns)) }}
{%- endmacro %}

{% macro duckdb__last_of(value, columns) -%}
    max_by({{ value }}, row({{ columns | join(', ') }}))
{%- endmacro %}
