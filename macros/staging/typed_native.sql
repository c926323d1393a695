{# The canonical column from a raw column for which `is_native` holds. #}
{% macro typed_native(raw, column, spec, type, zone, namespace) -%}
    {%- if column.kind == 'id' -%}
        {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
        {{ quote_text(namespace ~ ':') }} || {{ keyed_hash(text) if spec.get('personal') else text }}
    {%- elif type == 'TIMESTAMP WITH TIME ZONE' -%} timezone('UTC', {{ raw }})
    {%- elif column.type == 'timestamp' -%}
        {{ to_utc('cast(' ~ raw ~ ' as timestamp)', spec.get('zone', zone)) }}
    {%- else -%} cast({{ raw }} as {{ column.type }})
    {%- endif -%}
{%- endmacro %}
