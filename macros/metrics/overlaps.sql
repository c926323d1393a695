{#
    Stretches of time with the number of spans that are open in each, for the members of a
    relation with `span_from` and `span_to`: a sweep over begins and ends. What begins at the
    moment at which another ends does not overlap it. `member` is a column of whole numbers: an
    order by texts is twice as dear.

    All that a member began has ended before the next member's first turn, so that one order over
    all is enough, which is half as dear as one of each member. Of turns at the same moment all but
    the last last for no time; which one is last is the same for both windows, because windows of
    one order see one order.
#}
{% macro overlaps(relation, member) -%}
    {%- set turns = 'order by ' ~ member ~ ', turned_at' -%}
    select
        {{ member }},
        segment_from,
        segment_to,
        open_count
    from (
        select
            {{ member }},
            turned_at as segment_from,
            lead(turned_at) over ({{ turns }}) as segment_to,
            cast(sum(change) over (
                {{ turns }} rows between unbounded preceding and current row
            ) as bigint) as open_count
        from (
            select {{ member }}, span_from as turned_at, 1 as change
            from {{ relation }}
            union all
            select {{ member }}, span_to as turned_at, -1 as change
            from {{ relation }}
        ) as turned
    ) as swept
    where open_count > 0 and segment_to > segment_from
{%- endmacro %}
