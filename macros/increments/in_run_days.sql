{#
    Whether a row belongs to the days that a `by_day` model works on just now. Outside of such a
    model, and in unit tests, that is every row. Both columns are in the names of the files, so
    that no other file is opened. A model that asks by the kind has to read (`reads`) all kinds
    that its rows have.

    in_run_days('contact_type', 'contact_date')  by kind and day
    in_run_days(none, 'response_date', kind='response')  one kind
#}
{% macro in_run_days(kind_column, day_column, kind=none, list='days') -%}
    {%- set day = "coalesce(" ~ day_column ~ ", date '0001-01-01')" -%}
    {%- if kind_column is none -%}
        coalesce(list_contains(getvariable('cx_{{ list }}_{{ kind }}'), {{ day }}), true)
    {%- else -%}
        {#- First by the day alone, which the engine looks at before it reads any other column. -#}
        (
            coalesce(list_contains(getvariable('cx_{{ list }}_any'), {{ day }}), true)
            and coalesce(case {{ kind_column }}
                {%- for name in day_kinds().values() %}
                when '{{ name }}' then list_contains(getvariable('cx_{{ list }}_{{ name }}'), {{ day }})
                {%- endfor %}
            end, true)
        )
    {%- endif -%}
{%- endmacro %}

{# Set the days that `in_run_days` is true of: `days` holds (kind, day or none, …). #}
{% macro choose_days(kinds, days, list='days') -%}
    {%- set settings = [] -%}
    {%- set any = [] -%}
    {%- for kind in kinds -%}
        {%- set dates = [] -%}
        {%- for row in days if row[0] == kind -%}
            {%- do dates.append("date '" ~ (row[1] or '0001-01-01') ~ "'") -%}
        {%- endfor -%}
        {%- do any.extend(dates) -%}
        {%- do settings.append(
            "set variable cx_" ~ list ~ "_" ~ kind ~ " = cast([" ~ dates | join(', ') ~ "] as date[])"
        ) -%}
    {%- endfor -%}
    {%- do settings.append(
        "set variable cx_" ~ list ~ "_any = cast([" ~ any | unique | join(', ') ~ "] as date[])"
    ) -%}
    {%- do do_all(settings) -%}
{%- endmacro %}
