{# No row without a value in any of these columns; one look at the table for all of them. #}
{% test never_null(model, columns) %}
select
    case
        {%- for column in columns %}
        when {{ column }} is null then '{{ column }}'
        {%- endfor %}
    end as column_name,
    count(*) as rows_count
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
group by 1
{% endtest %}
