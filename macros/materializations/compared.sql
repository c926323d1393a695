{#
    A small table that is built in full in every build and compared with what it was: what differs
    makes days of other tables to be built anew. Config: touches, see `touch_days`.
#}
{% materialization compared, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- set is_new = table_state(this, existing).is_new -%}
    {%- do do_sql("create or replace temp table cx_new as select * from (" ~ sql ~ ")") -%}
    {%- if not is_new -%}
        {%- do do_sql(
            "create or replace temp table cx_changed as (select * from cx_new except all select * from " ~ this
            ~ ") union all (select * from " ~ this ~ " except all select * from cx_new)"
        ) -%}
        {%- if rows_of("select count(*) from cx_changed")[0][0] -%}
            {%- do touch_days(config.require('touches'), 'cx_changed', rows_of("select " ~ next_batch())[0][0]) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if is_new and existing is not none -%} {%- do do_sql("drop " ~ existing.type ~ " if exists " ~ this) -%} {%- endif -%}
    {%- do do_sql("create or replace table " ~ this ~ " as select * from cx_new") -%}
    {%- do set_day_state(this, 'null') -%}
    {%- do do_all(["drop table if exists cx_new", "drop table if exists cx_changed"]) -%}
    {%- call statement('main') -%} select 1 {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
