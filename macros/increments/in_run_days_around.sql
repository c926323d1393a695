{#
    Whether a row lies at most `before` days before, or `after` days after, a day in work: for
    models whose days look at their neighbours, as their `follows` says.
#}
{% macro in_run_days_around(day_column, kind, before=0, after=0) -%}
    {%- set conditions = [] -%}
    {%- for offset in range(-after, before + 1) -%}
        {%- set day = day_column if offset == 0 else 'cast(' ~ add_days(day_column, offset) ~ ' as date)' -%}
        {%- do conditions.append(in_run_days(none, day, kind=kind)) -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') }})
{%- endmacro %}
