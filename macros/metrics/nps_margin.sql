{#
    Half-width of the interval of a net promoter score, in points:
    z * 100 * sqrt((p + d - (p - d)^2) / n), with the shares p of promoters and d of detractors.
    NULL for fewer than two answers: one answer says nothing of how answers vary.
#}
{% macro nps_margin(promoters, detractors, n) -%}
    {%- set count = 'cast(' ~ n ~ ' as double)' -%}
    {%- set p = '(' ~ promoters ~ ' / ' ~ count ~ ')' -%}
    {%- set d = '(' ~ detractors ~ ' / ' ~ count ~ ')' -%}
    case when {{ n }} > 1 then 100 * {{ var('interval_z') }} * sqrt(
        greatest({{ p }} + {{ d }} - ({{ p }} - {{ d }}) * ({{ p }} - {{ d }}), 0) / {{ count }}
    ) end
{%- endmacro %}
