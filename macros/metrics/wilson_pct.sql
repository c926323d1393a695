{#
    One bound ("low" or "high") of the Wilson score interval of a share, in percent.
    Wilson and not the normal approximation: it holds at small n and near 0 and 100 %.
#}
{% macro wilson_pct(numerator, denominator, bound) -%}
    {%- set z = var('interval_z') -%}
    {%- set n = 'nullif(cast(' ~ denominator ~ ' as double), 0)' -%}
    {%- set p = '(' ~ numerator ~ ' / ' ~ n ~ ')' -%}
    100.0 * (
        {{ p }} + {{ z * z / 2 }} / {{ n }}
        {{ '-' if bound == 'low' else '+' }} {{ z }} * sqrt(
            greatest({{ p }} * (1 - {{ p }}), 0) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }})
        )
    ) / (1 + {{ z * z }} / {{ n }})
{%- endmacro %}
