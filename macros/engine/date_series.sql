{% macro date_series(first, last) -%}
    {{ return(adapter.dispatch('date_series')(first, last)) }}
{%- endmacro %}


{% macro duckdb__date_series(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval '1' day))
{%- endmacro %}
