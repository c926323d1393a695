{#
    Whether a row belongs to the days that changed since the published version was built: what
    tests of several tables look at in a daily run. With `kind_column` only to those of its kind,
    with `kinds` to those of these kinds. Everything where nobody says what is published
    (`dbt test`), and after a rebuild.
#}
{% macro in_tested_days(day_column, kind_column=none, kinds=none) -%}
    {%- set noted -%}
        select kind = '*', kind, day from {{ state('changed_days') }}
        where {% if kinds %} kind in ('*', '{{ kinds | join("', '") }}') {%- else %} true {%- endif %}
    {%- endset -%}
    {{ return(in_days_of(day_column, kind_column, noted)) }}
{%- endmacro %}

{# dbt asks this for the relation that a data test looks at: of tables kept by day what was built. #}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] | select | list -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.name == relation.identifier and node.config.get('day') -%}
        {%- set condition = in_days_of(
            node.config.get('day'),
            node.config.get('kind'),
            "select is_all, kind, day from " ~ state('built_partitions') ~ " where table_schema = "
            ~ quote_text(relation.schema) ~ " and table_name = " ~ quote_text(relation.identifier)
        ) -%}
        {%- if condition != 'true' -%} {%- do conditions.append(condition) -%} {%- endif -%}
    {%- endfor -%}
    {%- if conditions -%}
        (select * from {{ relation }} where {{ conditions | join(' and ') }}) as tested_rows
    {%- else -%} {{ relation }} {%- endif -%}
{%- endmacro %}

{# Whether a day is one of those (is it all days, kind, day) that were noted after the published batch. #}
{% macro in_days_of(day_column, kind_column, noted) -%}
    {%- set published = env_var('DBT_PUBLISHED_BATCH', '') -%}
    {%- if not execute or not published -%} {{ return('true') }} {%- endif -%}
    {%- set found = run_query(
        "select distinct noted.is_all, " ~ ("noted.kind" if kind_column else "''")
        ~ ", cast(coalesce(noted.day, date '0001-01-01') as varchar) from ("
        ~ noted ~ " and batch > " ~ published | int ~ ") as noted (is_all, kind, day)"
    ) -%}
    {#- Never an empty list. -#}
    {%- set dates = {'': ["date '0001-01-02'"]} -%}
    {%- for is_all, kind, date in found.rows -%}
        {%- if is_all -%} {{ return('true') }} {%- endif -%}
        {%- do dates.setdefault(kind, []).append("date '" ~ date ~ "'") -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for kind, days in dates.items() -%}
        {%- do conditions.append(
            (kind_column ~ " = " ~ quote_text(kind) ~ " and " if kind else "")
            ~ "coalesce(" ~ day_column ~ ", date '0001-01-01') in (" ~ days | join(', ') ~ ")"
        ) -%}
    {%- endfor -%}
    {{ return("(" ~ conditions | join(' or ') ~ ")") }}
{%- endmacro %}
