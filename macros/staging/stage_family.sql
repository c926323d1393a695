{#
    `stage` for one family of files: text, or native with `types` of its columns.
#}
{% macro stage_family(source_name, table_name, entity, family, types) -%}
{%- set table = declared_table(source_name, table_name) -%}
{%- set feed = table.feeds[entity] -%}
{%- set zone = table.get('zone', 'UTC') -%}
{%- set namespace = table.get('namespace', source_name) -%}
{%- set columns = entity_columns(entity) -%}
{%- set id_column = columns[0].name -%}
{%- set fields = {} -%}
{%- set raws = {} -%}
{%- for column in columns -%}
    {%- if column.name in feed or column.name == id_column -%}
        {%- set spec = field_spec(feed.get(column.name, {'from': table.key})) -%}
        {%- do fields.update({column.name: spec}) -%}
        {%- for name in spec.get('from', []) -%}
            {%- set alias = name ~ ('.' ~ spec.path if spec.get('path') else '') -%}
            {%- do raws.update({alias: {'name': name, 'path': spec.get('path')}}) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endfor -%}
{%- for name in feed.get('when', []) if name not in raws -%}
    {%- do raws.update({name: {'name': name, 'path': none}}) -%}
{%- endfor -%}
{%- set version = table.get('version_by') -%}
{%- if version and version['from'] not in raws -%}
    {%- do raws.update({version['from']: {'name': version['from'], 'path': none}}) -%}
{%- endif -%}

with lake as (
    select * from {{ lake_scan(source_name, table_name, family) }}
),

cleaned as (
    select
        {%- for alias, raw in raws.items() %}
        {%- set quoted = quote_name(raw.name) %}
        {%- set type = types.get(raw.name | lower, 'VARCHAR') %}
        {%- if type != 'VARCHAR' %}
        {{ quoted }} as {{ quote_name(alias ~ '.native') }},
        {%- endif %}
        {%- set text = quoted if type == 'VARCHAR' else 'cast(' ~ quoted ~ ' as varchar)' %}
        {{ clean_text(json_text(text, raw.path) if raw.path else text, table.get('null_tokens', [])) }}
            as {{ quote_name(alias) }},
        {%- endfor %}
        _source_file,
        _row_number,
        _load_date,
        _run_id
    from lake
),

worded as (
    select
        *,
        {%- for column in columns if column.name in fields and 'from' in fields[column.name] %}
        {%- set spec = fields[column.name] %}
        {%- set parts = [] %}
        {%- for name in spec['from'] %}
            {%- do parts.append(quote_name(name ~ ('.' ~ spec.path if spec.get('path') else ''))) %}
        {%- endfor %}
        {%- set joined = parts | join(" || ':' || " if column.kind == 'id' else " || ' ' || ") %}
        {{ clean_text(joined, spec['null_tokens']) if spec.get('null_tokens') else joined }} as _text_{{ column.name }},
        {%- endfor %}
        1 as _one
    from cleaned
    {%- for name in feed.get('when', []) %}
    {{ 'where' if loop.first else 'and' }} {{ quote_name(name) }} is not null
    {%- endfor %}
),

typed as (
    select
        *,
        {%- for column in columns if column.name in fields %}
        {%- set spec = fields[column.name] %}
        {%- set column_namespace = spec.get('namespace', namespace) %}
        {%- if 'from' in spec and is_native(column, spec, types) %}
        {{ typed_native(
            quote_name(spec['from'][0] ~ '.native'), column, spec, types[spec['from'][0] | lower], zone,
            column_namespace
        ) }} as _typed_{{ column.name }},
        {%- elif 'from' in spec %}
        {{ typed('_text_' ~ column.name, column, spec, zone, column_namespace) }} as _typed_{{ column.name }},
        {%- endif %}
        {%- endfor %}
        {%- if version %}
        {%- set version_column = {'name': '_version', 'kind': version.type, 'type': 'bigint' if version.type == 'integer' else version.type, 'choices': []} %}
        {%- set version_text = quote_name(version['from']) %}
        {%- set version_spec = {'from': [version['from']], 'formats': version.get('formats', ['iso'])} %}
        {%- set version_value = typed_native(
            quote_name(version['from'] ~ '.native'), version_column, version,
            types[version['from'] | lower], zone, namespace
        ) if is_native(version_column, version_spec, types)
        else typed(version_text, version_column, version, zone, namespace) %}
        {{ timestamp_to_microseconds(version_value) if version.type == 'timestamp' else version_value }} as _version
        {%- else %}
        1 as _two
        {%- endif %}
    from worded
)

select
    {%- for column in columns %}
    {%- set spec = fields.get(column.name) %}
    {%- if spec is none %}
    cast(null as {{ column.type }}) as {{ column.name }},
    {%- elif 'from' in spec %}
    cast(_typed_{{ column.name }} as {{ column.type }}) as {{ column.name }},
    {%- else %}
    {{ typed_constant(spec.value, column, spec.get('namespace', namespace)) }} as {{ column.name }},
    {%- endif %}
    {%- endfor %}
    {%- if version %}
    _version,
    {%- elif 'from' in fields.get('updated_at', {}) %}
    {{ timestamp_to_microseconds('_typed_updated_at') }} as _version,
    {%- else %}
    cast(null as bigint) as _version,
    {%- endif %}
    nullif(concat_ws(
        '; ',
        {%- for column in columns if column.name in fields and 'from' in fields[column.name] %}
        {%- set spec = fields[column.name] %}
        {%- set accepts_null = [] %}
        {%- if 'otherwise' in spec and spec['otherwise'] is none %}{% do accepts_null.append(1) %}{% endif %}
        {%- for target in spec.get('map', {}).values() if target is none %}{% do accepts_null.append(1) %}{% endfor %}
        {%- set label = spec['from'] | join(' + ') ~ ('.' ~ spec.path if spec.get('path') else '') %}
        {%- if not is_native(column, spec, types) and (column.type != 'varchar' or column.kind in ('id', 'choice') or spec.get('map')) and not ('otherwise' in spec and spec['otherwise'] is none) %}
        case when _text_{{ column.name }} is not null and _typed_{{ column.name }} is null
            {%- if accepts_null %} and _text_{{ column.name }} not in (
                {%- for key, target in spec['map'].items() if target is none %}{{ quote_text(key) }}{{ ', ' if not loop.last }}{% endfor -%}
            ){% endif %}
            then {{ quote_text(label ~ ': expected ' ~ expected_text(column, spec) ~ ', found ') }}
                || {{ "'a personal value'" if spec.get('personal') else "left(_text_" ~ column.name ~ ", 80)" }} end,
        {%- endif %}
        {%- if column.name == id_column or spec.get('required') %}
        case when _text_{{ column.name }} is null
            then {{ quote_text(label ~ ': expected a value in every row, found none') }} end,
        {%- endif %}
        {%- endfor %}
        cast(null as varchar)
    ), '') as _reject_reason,
    {{ quote_text(source_name) }} as _source,
    {{ quote_text(table_name) }} as _source_table,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from typed
{%- endmacro %}
