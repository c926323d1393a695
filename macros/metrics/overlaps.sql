{#
    Stretches of time with the number of spans that are open in each, for the members of a
    relation with `span_from` and `span_to`: a sweep over begins and ends. What begins at the
    moment at which another ends does not overlap it.
#}
{% macro overlaps(relation, members) -%}
    select
        {{ members | join(', ') }},
        segment_from,
        segment_to,
        open_count
    from (
        select
            {{ members | join(', ') }},
            turned_at as segment_from,
            lead(turned_at) over (partition by {{ members | join(', ') }} order by turned_at)
                as segment_to,
            cast(sum(opened_count) over (
                partition by {{ members | join(', ') }} order by turned_at
                rows between unbounded preceding and current row
            ) as bigint) as open_count
        from (
            select
                {{ members | join(', ') }},
                turned_at,
                sum(change) as opened_count
            from (
                select {{ members | join(', ') }}, span_from as turned_at, 1 as change
                from {{ relation }}
                union all
                select {{ members | join(', ') }}, span_to as turned_at, -1 as change
                from {{ relation }}
            ) as turns
            group by {{ members | join(', ') }}, turned_at
        ) as turned
    ) as swept
    where open_count > 0
{%- endmacro %}
