{#
    Whether a row belongs to the months that a `by_day` model with period='month' works on just now:
    as `in_run_days` by kind and day, for what it reads by day.
#}
{% macro in_run_months(kind_column, day_column) -%}
    {{ return(adapter.dispatch('in_run_months')(kind_column, day_column)) }}
{%- endmacro %}

{# The list is made of constants, so that only the files of its days are opened. #}
{% macro duckdb__in_run_months(kind_column, day_column) -%}
    coalesce(case {{ kind_column }}
        {%- for name in day_kinds().values() %}
        when '{{ name }}' then list_contains(
            flatten(list_transform(
                cast(getvariable('cx_days_{{ name }}') as date[]),
                lambda day: cast(generate_series(day, last_day(day), interval 1 day) as date[])
            )),
            coalesce({{ day_column }}, date '0001-01-01')
        )
        {%- endfor %}
    end, true)
{%- endmacro %}
