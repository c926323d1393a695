{# Where the lake keeps a source table. #}
{% macro lake_folder(source_name, table_name) -%}
    {{ return(env_var('CX_HOME', 'data') ~ '/lake/' ~ source_name ~ '/' ~ table_name) }}
{%- endmacro %}
