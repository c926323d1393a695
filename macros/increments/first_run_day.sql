{# The first of the days that a `by_day` model works on just now; NULL outside of such a model. #}
{% macro first_run_day(kind) -%}
    {{ return(adapter.dispatch('first_run_day')(kind)) }}
{%- endmacro %}

{% macro duckdb__first_run_day(kind) -%}
    list_min(cast(getvariable('cx_days_{{ kind }}') as date[]))
{%- endmacro %}
