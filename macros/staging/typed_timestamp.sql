{# One declared format of a timestamp, as UTC. ISO texts with a zone keep theirs; naive ones are in `zone`. #}
{% macro typed_timestamp(raw, format, zone) -%}
    {%- if format == 'iso' -%}
        case
            when {{ matches(raw, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*(Z|[+-][0-9]{2}:?[0-9]{0,2})$') }}
                then {{ zoned_text_to_utc(raw) }}
            when {{ matches(raw, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$') }}
                then {{ to_utc('try_cast(' ~ raw ~ ' as timestamp)', zone) }}
        end
    {%- elif format == 'epoch_seconds' -%}
        {{ epoch_to_timestamp('(' ~ typed_number(raw, {}) ~ ')') }}
    {%- elif format == 'epoch_milliseconds' -%}
        {{ epoch_to_timestamp('((' ~ typed_number(raw, {}) ~ ') / 1000.0)') }}
    {%- elif format == 'excel_serial' -%}
        {{ to_utc(epoch_to_timestamp('round(((' ~ typed_number(raw, {}) ~ ') - 25569) * 86400)'), zone) }}
    {%- else -%}
        {{ to_utc(parse_timestamp(raw, format), zone) }}
    {%- endif -%}
{%- endmacro %}
