{#
    Whether a raw column of a native type becomes the canonical column without going through text:
    then no value of it can fail, and none is read letter by letter.
#}
{% macro is_native(column, spec, types) -%}
    {%- set type = types.get((spec.get('from') or [''])[0] | lower, '').split('(')[0] -%}
    {%- set whole = ['BIGINT', 'UBIGINT'] -%}
    {%- set numbers = whole + ['DECIMAL'] -%}
    {%- set fits = (
        (column.kind == 'id' and type in whole)
        or (column.type == 'timestamp' and type in ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'DATE'])
        or (column.type == 'boolean' and type == 'BOOLEAN')
        or (column.type == 'bigint' and type == 'BIGINT')
        or (column.type == 'double' and column.kind != 'seconds' and type in numbers)
    ) -%}
    {{ return(
        fits
        and spec.from | length == 1
        and not spec.get('path') and not spec.get('map') and not spec.get('null_tokens')
    ) }}
{%- endmacro %}
