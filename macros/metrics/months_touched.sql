{# Calendar months that a span of days touches, both ends included: 31 January to 1 February are two. #}
{% macro months_touched(first_date, last_date) -%}
    (
        12 * (extract(year from {{ last_date }}) - extract(year from {{ first_date }}))
        + extract(month from {{ last_date }}) - extract(month from {{ first_date }}) + 1
    )
{%- endmacro %}
