{# Begin of the interval of so many minutes that a time lies in; a day holds a whole number of them. #}
{% macro interval_start(expression, minutes) -%}
    {{ return(adapter.dispatch('interval_start')(expression, minutes)) }}
{%- endmacro %}

{% macro duckdb__interval_start(expression, minutes) -%}
    time_bucket(interval '{{ minutes }}' minute, {{ expression }})
{%- endmacro %}
