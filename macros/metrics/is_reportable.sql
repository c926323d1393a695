{# Whether a figure rests on enough observations to be shown on its own. #}
{% macro is_reportable(n) -%}
    {{ n }} >= {{ var('minimum_reportable_n') }}
{%- endmacro %}
