{# Text as delivered, trimmed; NULL when it is one of the tokens that mean absent. #}
{% macro clean_text(expression, null_tokens) -%}
    {%- set tokens = [''] -%}
    {%- for token in null_tokens if (token | string | trim) not in tokens -%}
        {%- do tokens.append(token | string | trim) -%}
    {%- endfor -%}
    {%- if tokens | length == 1 -%} nullif(trim({{ expression }}), '')
    {%- else -%}
        case when trim({{ expression }}) in (
            {%- for token in tokens %}{{ quote_text(token) }}{{ ', ' if not loop.last }}{% endfor -%}
        ) then null else trim({{ expression }}) end
    {%- endif -%}
{%- endmacro %}
