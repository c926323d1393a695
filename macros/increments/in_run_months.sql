{#
    Whether a row belongs to the months that a `by_day` model with period='month' works on just now:
    as `in_run_days`, for what it reads by day.
#}
{% macro in_run_months(kind_column, day_column, kind=none) -%}
    {{ return(adapter.dispatch('in_run_months')(kind_column, day_column, kind)) }}
{%- endmacro %}

{# The list is made of constants, so that only the files of its days are opened. #}
{% macro duckdb__in_run_months(kind_column, day_column, kind) -%}
    {%- set conditions = {} -%}
    {%- for name in ([kind] if kind_column is none else day_kinds().values()) -%}
        {%- set days -%}
            list_contains(
                flatten(list_transform(
                    cast(getvariable('cx_days_{{ name }}') as date[]),
                    lambda day: cast(generate_series(day, last_day(day), interval 1 day) as date[])
                )),
                coalesce({{ day_column }}, date '0001-01-01')
            )
        {%- endset -%}
        {%- do conditions.update({name: days}) -%}
    {%- endfor -%}
    {%- if kind_column is none -%} coalesce({{ conditions[kind] }}, true)
    {%- else -%}
        coalesce(case {{ kind_column }}
            {%- for name, condition in conditions.items() %}
            when '{{ name }}' then {{ condition }}
            {%- endfor %}
        end, true)
    {%- endif -%}
{%- endmacro %}
