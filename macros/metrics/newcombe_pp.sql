{#
    One bound ("low" or "high") of the 95 % interval of a difference of two shares (the first less
    the second), in percentage points, after Newcombe: the square-and-add of two Wilson intervals.
    NULL where one of the two counted nothing.
#}
{% macro newcombe_pp(numerator, denominator, other_numerator, other_denominator, bound) -%}
    {%- set p = '(' ~ share_pct(numerator, denominator) ~ ')' -%}
    {%- set q = '(' ~ share_pct(other_numerator, other_denominator) ~ ')' -%}
    {%- set low = wilson_pct(numerator, denominator, 'low') -%}
    {%- set high = wilson_pct(numerator, denominator, 'high') -%}
    {%- set other_low = wilson_pct(other_numerator, other_denominator, 'low') -%}
    {%- set other_high = wilson_pct(other_numerator, other_denominator, 'high') -%}
    {%- if bound == 'low' %}
    {{ p }} - {{ q }} - sqrt(
        power({{ p }} - ({{ low }}), 2) + power(({{ other_high }}) - {{ q }}, 2)
    )
    {%- else %}
    {{ p }} - {{ q }} + sqrt(
        power(({{ high }}) - {{ p }}, 2) + power({{ q }} - ({{ other_low }}), 2)
    )
    {%- endif -%}
{%- endmacro %}
