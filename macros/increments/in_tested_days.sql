{#
    Whether a row belongs to the days that changed since the published version was built: what
    tests of several tables look at in a daily run. Everything where nobody says what is published (`dbt test`), and
    after a rebuild.
#}
{% macro in_tested_days(day_column) -%}
    {%- set published = env_var('DBT_PUBLISHED_BATCH', '') -%}
    {%- if not execute or not published -%} {{ return('true') }} {%- endif -%}
    {%- set since = state('changed_days') ~ " where batch > " ~ published | int -%}
    {%- if run_query("select 1 from " ~ since ~ " and kind = '*' limit 1") | length -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set dates = ["date '0001-01-02'"] -%}
    {%- for row in run_query("select distinct cast(coalesce(day, date '0001-01-01') as varchar) from " ~ since) -%}
        {%- do dates.append("date '" ~ row[0] ~ "'") -%}
    {%- endfor -%}
    {{ return("coalesce(" ~ day_column ~ ", date '0001-01-01') in (" ~ dates | join(', ') ~ ")") }}
{%- endmacro %}

{# dbt asks this for the relation that a data test looks at: of tables kept by day what was built. #}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] | select | list -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.name == relation.identifier and node.config.get('day') -%}
        {%- set condition = in_built_days(relation, node.config.get('day')) -%}
        {%- if condition != 'true' -%} {%- do conditions.append(condition) -%} {%- endif -%}
    {%- endfor -%}
    {%- if conditions -%}
        (select * from {{ relation }} where {{ conditions | join(' and ') }}) as tested_rows
    {%- else -%} {{ relation }} {%- endif -%}
{%- endmacro %}

{# Whether a row of a table kept by day lies in a day that was built since the published version. #}
{% macro in_built_days(relation, day_column) -%}
    {%- set published = env_var('DBT_PUBLISHED_BATCH', '') -%}
    {%- if not published -%} {{ return('true') }} {%- endif -%}
    {%- set dates = ["date '0001-01-02'"] -%}
    {%- set built = run_query(
        "select distinct is_all, cast(coalesce(day, date '0001-01-01') as varchar) from " ~ state('built_days')
        ~ " where table_schema = " ~ quote_text(relation.schema) ~ " and table_name = " ~ quote_text(relation.identifier)
        ~ " and batch > " ~ published | int
    ) -%}
    {%- for is_all, date in built.rows -%}
        {%- if is_all -%} {{ return('true') }} {%- endif -%}
        {%- do dates.append("date '" ~ date ~ "'") -%}
    {%- endfor -%}
    {{ return("coalesce(" ~ day_column ~ ", date '0001-01-01') in (" ~ dates | join(', ') ~ ")") }}
{%- endmacro %}
