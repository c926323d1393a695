{# Number of the half hour in which an instant lies: makes an equality join of one by overlap. #}
{% macro half_hour_number(instant) -%}
    cast(floor({{ seconds_between("timestamp '2000-01-01 00:00:00'", instant) }} / 1800) as bigint)
{%- endmacro %}
