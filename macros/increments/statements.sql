{# Run a statement in the transaction of the model; with `fetch` its rows come back as tuples. #}
{% macro do_sql(sql) -%}
    {%- call statement('increment', auto_begin=True) -%} {{ sql }} {%- endcall -%}
{%- endmacro %}

{# Run several statements at once: each by itself takes dbt longer than the engine. #}
{% macro do_all(statements) -%}
    {%- if statements -%} {%- do do_sql(statements | join(';\n')) -%} {%- endif -%}
{%- endmacro %}

{% macro rows_of(sql) -%}
    {%- call statement('increment', fetch_result=True, auto_begin=True) -%} {{ sql }} {%- endcall -%}
    {{ return(load_result('increment').data) }}
{%- endmacro %}
