{# A condition that is true of every row; a row for which it is NULL breaks it too. #}
{% test holds(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
