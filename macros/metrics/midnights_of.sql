{# One row per day of a relation: when it begins (UTC), the day after it, and the day after that. #}
{% macro midnights_of(day, relation) -%}
    select
        {{ day }}
        {%- for days in (0, 1, 2) %},
        {{ to_utc('cast(' ~ add_days(day, days) ~ ' as timestamp)', var('reporting_zone')) }}
            as midnight_{{ days }}
        {%- endfor %}
    from (select distinct {{ day }} from {{ relation }}) as days_of_{{ relation }}
{%- endmacro %}
