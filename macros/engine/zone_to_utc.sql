{# A local timestamp in UTC where the zone is a column; `to_utc` takes a literal zone. #}
{% macro zone_to_utc(expression, zone_column) -%}
    {{ return(adapter.dispatch('zone_to_utc')(expression, zone_column)) }}
{%- endmacro %}

{% macro duckdb__zone_to_utc(expression, zone_column) -%}
    timezone('UTC', timezone({{ zone_column }}, {{ expression }}))
{%- endmacro %}
