{#
    One bound ("low" or "high") of the Wilson score interval of a share, in percent; NULL where
    nothing was counted.
    Wilson and not the normal approximation: it holds at small n and near 0 and 100 %.
#}
{% macro wilson_pct(numerator, denominator, bound) -%}
    {%- set z = var('interval_z') -%}
    {%- set n = 'cast(' ~ denominator ~ ' as double)' -%}
    {%- set p = '(' ~ numerator ~ ' / ' ~ n ~ ')' -%}
    {#- The bounds are within 0 and 100; rounding errors of the machine are not. -#}
    case when {{ denominator }} > 0 then greatest(0, least(100, 100 * (
        {{ p }} + {{ z * z / 2 }} / {{ n }}
        {{ '-' if bound == 'low' else '+' }} {{ z }} * sqrt(
            greatest({{ p }} * (1 - {{ p }}), 0) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }})
        )
    ) / (1 + {{ z * z }} / {{ n }}))) end
{%- endmacro %}
