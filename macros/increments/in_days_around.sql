{#
    Whether a day lies at most `back` days before or `ahead` days after a day that a `by_day` model
    works on just now: for models that look at rows around their own. Such a model has to name the
    same distance, turned round, in `follows`; where its rows lie on the day after a record's own
    whatever else is on that, `spills` does it. Outside of such a model, and in unit tests, that is
    every row.
#}
{% macro in_days_around(day_column, kinds, back=0, ahead=0) -%}
    {{ return(adapter.dispatch('in_days_around')(day_column, kinds, back, ahead)) }}
{%- endmacro %}

{# The list is made of constants, so that only the files of its days are opened. #}
{% macro duckdb__in_days_around(day_column, kinds, back, ahead) -%}
    {%- set offsets = [] -%}
    {%- for offset in range(-back, ahead + 1) -%} {%- do offsets.append('day + (' ~ offset ~ ')') -%} {%- endfor -%}
    (
    {%- for kind in kinds %}
    coalesce(list_contains(
        list_distinct(flatten(list_transform(
            cast(getvariable('cx_days_{{ kind }}') as date[]), lambda day: [{{ offsets | join(', ') }}]
        ))),
        coalesce({{ day_column }}, date '0001-01-01')
    ), true)
    {{- ' or ' if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}
