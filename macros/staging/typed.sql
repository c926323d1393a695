{#
    The typed expression of one canonical column from its raw text.
    A raw text that cannot be typed gives NULL; `stage` turns "text, but no value" into a
    rejected row, so nothing is lost between the two.
#}
{% macro typed(raw, column, spec, zone, namespace) -%}
    {%- set branches = [] -%}
    {%- for target in (spec.get('map') or {}).values() if target is not none -%}
        {%- do branches.append(target) -%}
    {%- endfor -%}
    {%- if spec.get('map') and not branches and spec.get('otherwise') is none -%}
        cast(null as {{ column.type }})
    {%- elif spec.get('map') -%}
        case {{ raw }}
            {%- for key, target in spec['map'].items() if target is not none %}
            when {{ quote_text(key) }} then {{ typed_constant(target, column, namespace) }}
            {%- endfor %}
            {%- if spec.get('otherwise') is not none %}
            else {{ typed_constant(spec['otherwise'], column, namespace) }}
            {%- endif %}
        end
    {%- elif column.kind == 'id' -%}
        {%- set identity = keyed_hash(raw) if spec.get('personal') else raw -%}
        case when not {{ matches(raw, '^[0-9][.,][0-9]+[eE][+][0-9]+$') }}
            then {{ quote_text(namespace ~ ':') }} || {{ identity }} end
    {%- elif column.kind == 'choice' -%}
        case when {{ raw }} in (
            {%- for choice in column.choices %}{{ quote_text(choice) }}{{ ', ' if not loop.last }}{% endfor -%}
        ) then {{ raw }} end
    {%- elif column.type == 'timestamp' -%}
        coalesce(
            {%- for format in spec.get('formats', ['iso']) %}
            {{ typed_timestamp(raw, format, spec.get('zone', zone)) }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- elif column.type == 'date' -%}
        case when {{ matches(raw, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$') }}
            then try_cast(left({{ raw }}, 10) as date) end
    {%- elif column.type == 'boolean' -%}
        case
            when lower({{ raw }}) in ('true', 't', 'yes', 'y', '1') then true
            when lower({{ raw }}) in ('false', 'f', 'no', 'n', '0') then false
        end
    {%- elif column.kind == 'seconds' -%}
        {{ typed_seconds(raw, spec) }}
    {%- elif column.type == 'bigint' -%}
        case
            {#- Digits alone are not read as a double, which has no room for more than fifteen. #}
            when {{ matches(raw, '^[+-]?[0-9]+$') }} then try_cast({{ raw }} as bigint)
            when {{ typed_number(raw, spec) }} = floor({{ typed_number(raw, spec) }})
                then try_cast({{ typed_number(raw, spec) }} as bigint)
        end
    {%- elif column.type == 'double' -%}
        {{ typed_number(raw, spec) }}
    {%- else -%}
        {{ keyed_hash(raw) if spec.get('personal') else raw }}
    {%- endif -%}
{%- endmacro %}
