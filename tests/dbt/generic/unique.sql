{#
    No value twice, in place of dbt's own. Whole numbers are grouped, and then the few values whose
    numbers are equal: keys of hundreds of millions of rows as texts are several times the memory.
#}
{% test unique(model, column_name) %}
select
    {{ column_name }} as unique_field,
    count(*) as rows_count
from {{ model }}
where
    {{ column_name }} is not null
    and {{ hash_number(column_name) }} in (
        select {{ hash_number(column_name) }}
        from {{ model }}
        where {{ column_name }} is not null
        group by 1
        having count(*) > 1
    )
group by {{ column_name }}
having count(*) > 1
{% endtest %}
