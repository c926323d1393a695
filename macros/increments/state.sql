{#
    What the warehouse remembers from one run to the next, in the schema `intermediate`:

    lake_partitions  the deliveries that were taken in, with the digest of their delivery.json
    lake_counts      rows by delivered file, day and verdict; small, and always current
    changed_days     the days of contacts and answers that something happened to; only appended,
                     `batch` grows, the kind `*` means that everything is to be built anew
    day_state        how far each table has followed changed_days, the project it was built by, and
                     where its files lie
    settled_nodes    what was built, and a digest of all that it was made of: while that is the
                     same, it is not made again
    built_partitions the days, by kind, of each table `by_day` that were built since the published
                     version was, or that all were: what its tests look at
    identity         a word of this warehouse alone, by which a published version says whose it is
    day_files        the Parquet files that make the tables of the materialization `by_day`

    Everything here changes in the same transaction as the rows that it speaks of, so that a
    killed run leaves nothing to repair.
#}
{% macro create_state() -%}
    {%- if execute and target.name != 'memory' and flags.WHICH in ('build', 'run', 'seed', 'test') -%}
        {%- call statement('create_state', auto_begin=True) -%}
            create schema if not exists {{ state_schema() }};
            create table if not exists {{ state('identity') }} as select cast(uuid() as varchar) as id;
            create table if not exists {{ state('lake_partitions') }} (
                entity varchar, source varchar, table_name varchar, load_date date, digest varchar
            );
            create table if not exists {{ state('lake_counts') }} (
                entity varchar, _source varchar, _source_table varchar, _load_date date,
                _source_file varchar, day date, _disposition varchar, reject_rule varchar,
                rows_count bigint
            );
            create table if not exists {{ state('changed_days') }} (
                batch bigint, kind varchar, day date, cause varchar
            );
            create table if not exists {{ state('day_state') }} (
                table_schema varchar, table_name varchar, signature varchar, batch bigint,
                root varchar
            );
            create table if not exists {{ state('settled_nodes') }} (
                unique_id varchar, made_of varchar
            );
            {#- A build that says no signature may make them of anything. -#}
            {%- if not project_signature() %}
            delete from {{ state('settled_nodes') }};
            {%- endif %}
            create table if not exists {{ state('built_partitions') }} (
                table_schema varchar, table_name varchar, kind_column varchar, day_column varchar,
                batch bigint, kind varchar, day date, is_all boolean
            );
            create table if not exists {{ state('day_files') }} (
                table_schema varchar, table_name varchar, kind varchar, day date, path varchar,
                rows_count bigint, bytes bigint
            );
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}

{% macro state_schema() -%} {{ return('intermediate') }} {%- endmacro %}

{# A table of the state. #}
{% macro state(name) -%} {{ return(state_schema() ~ '.' ~ name) }} {%- endmacro %}
