{% macro json_text(column, path) -%}
    {{ return(adapter.dispatch('json_text')(column, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(column, path) -%}
    {%- set keys = [] -%}
    {%- for key in path.split('.') -%}
        {%- do keys.append('[' ~ key ~ ']' if key.isdigit() else '."' ~ key ~ '"') -%}
    {%- endfor -%}
    case when json_valid({{ column }})
        then json_extract_string({{ column }}, {{ quote_text('$' ~ keys | join('')) }}) end
{%- endmacro %}
