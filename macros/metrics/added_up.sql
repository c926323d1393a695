{#
    Rows of a daily mart added up over the attributes that are not in `by`. Counts stay whole;
    amounts are added as decimals, because a sum of doubles depends on the order of its rows.
#}
{% macro added_up(relation, by, counts, amounts=[]) -%}
    select
        {{ by | join(', ') }}
        {%- for name in amounts %},
        cast(sum(cast({{ name }} as decimal(18, 6))) as double) as {{ name }}
        {%- endfor %}
        {%- for name in counts %},
        cast(sum({{ name }}) as bigint) as {{ name }}
        {%- endfor %}
    from {{ relation }}
    group by {{ by | join(', ') }}
{%- endmacro %}
