{#
    The spans of a relation (`span_from`, `span_to`, UTC) cut at midnight of the reporting zone: what
    lies on the day that they begin on, `day`, and on the day after it; nothing is followed further.
    The day of each piece is `activity_date`; `columns` are taken along.
#}
{% macro cut_at_midnight(relation, day, columns) -%}
    {%- for days in (0, 1) %}
    select
        cast({{ add_days('spans.' ~ day, days) }} as date) as activity_date,
        {%- for name in columns %}
        spans.{{ name }},
        {%- endfor %}
        greatest(spans.span_from, midnights.midnight_{{ days }}) as span_from,
        least(spans.span_to, midnights.midnight_{{ days + 1 }}) as span_to
    from {{ relation }} as spans
    {#- Once a day: zones are slow. #}
    inner join (
        select
            {{ day }}
            {%- for later in (0, 1, 2) %},
            {{ to_utc('cast(' ~ add_days(day, later) ~ ' as timestamp)', var('reporting_zone')) }}
                as midnight_{{ later }}
            {%- endfor %}
        from (select distinct {{ day }} from {{ relation }}) as span_days
    ) as midnights
        on spans.{{ day }} = midnights.{{ day }}
    where
        spans.span_from < midnights.midnight_{{ days + 1 }}
        and spans.span_to > midnights.midnight_{{ days }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
