{# A share in percent as a ratio of sums; NULL where nothing was counted, never 0. #}
{% macro share_pct(numerator, denominator) -%}
    100 * cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}
