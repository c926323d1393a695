{# A finite number; "inf" and "nan" are words, not figures. #}
{% macro typed_number(raw, spec) -%}
    {%- set text = "replace(" ~ raw ~ ", ',', '.')" if spec.get('decimal') == ',' else raw -%}
    case when {{ matches(text, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$') }}
        then try_cast({{ text }} as double) end
{%- endmacro %}
