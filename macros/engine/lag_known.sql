{# The last value before a row, in the order, that is not NULL. `window` is what stands in over (…). #}
{% macro lag_known(expression, window) -%}
    {{ return(adapter.dispatch('lag_known')(expression, window)) }}
{%- endmacro %}

{% macro duckdb__lag_known(expression, window) -%}
    lag({{ expression }} ignore nulls) over ({{ window }})
{%- endmacro %}
