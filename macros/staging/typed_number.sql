{#
    A finite number; "inf" and "nan" are words, not figures. What is next to the end of doubles is
    infinite as soon as it is multiplied or added up.
#}
{% macro typed_number(raw, spec) -%}
    {%- set text = "replace(" ~ raw ~ ", ',', '.')" if spec.get('decimal') == ',' else raw -%}
    case when {{ matches(text, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$') }}
            and abs(try_cast({{ text }} as double)) < 1e300
        then try_cast({{ text }} as double) end
{%- endmacro %}
