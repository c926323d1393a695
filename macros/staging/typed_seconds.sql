{# A duration in seconds; a negative one is not a duration. #}
{% macro typed_seconds(raw, spec) -%}
    {%- set unit = spec.get('unit', 'seconds') -%}
    {%- if unit == 'clock' -%}
        case when {{ matches(raw, '^[0-9]{1,15}:[0-5][0-9]:[0-5][0-9]([.][0-9]+)?$') }}
            then 3600 * cast(split_part({{ raw }}, ':', 1) as double)
                + 60 * cast(split_part({{ raw }}, ':', 2) as double)
                + cast(split_part({{ raw }}, ':', 3) as double) end
    {%- else -%}
        {%- set factor = {'seconds': 1, 'minutes': 60, 'hours': 3600, 'milliseconds': 0.001}[unit] -%}
        case when {{ typed_number(raw, spec) }} >= 0
            then {{ typed_number(raw, spec) }} * {{ factor }} end
    {%- endif -%}
{%- endmacro %}
