{# A field of a declaration in its long form: `Topic` means `{from: Topic}`; `from` becomes a list. #}
{% macro field_spec(field) -%}
    {%- set spec = {'from': field} if field is string else dict(field) -%}
    {%- if 'from' in spec and spec['from'] is string -%}
        {%- do spec.update({'from': [spec['from']]}) -%}
    {%- endif -%}
    {{ return(spec) }}
{%- endmacro %}
