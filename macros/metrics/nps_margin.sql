{#
    Half-width of the interval of a net promoter score, in points:
    z * 100 * sqrt((p + d - (p - d)^2) / n), with the shares p of promoters and d of detractors.
#}
{% macro nps_margin(promoters, detractors, n) -%}
    {%- set count = 'nullif(cast(' ~ n ~ ' as double), 0)' -%}
    {%- set p = '(' ~ promoters ~ ' / ' ~ count ~ ')' -%}
    {%- set d = '(' ~ detractors ~ ' / ' ~ count ~ ')' -%}
    100.0 * {{ var('interval_z') }} * sqrt(
        greatest({{ p }} + {{ d }} - ({{ p }} - {{ d }}) * ({{ p }} - {{ d }}), 0) / {{ count }}
    )
{%- endmacro %}
