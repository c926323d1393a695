{#
    The days of a relation with a `contact_date` and `is_worked_on`, by the stretches that the days
    which are worked on leave between them; whether one of these comes before (`is_after`) and after
    (`is_before`). Of a stretch that is only looked at the first and last contacts tell all that the
    days around it ask: much less than all of its contacts.
#}
{% macro stretches(relation) -%}
    select
        contact_date,
        count(case when is_worked_on then 1 end) over (order by contact_date) as stretch,
        max(is_worked_on) over (order by contact_date) as is_after,
        max(is_worked_on) over (order by contact_date desc) as is_before
    from (select distinct contact_date, is_worked_on from {{ relation }}) as known_days
{%- endmacro %}
