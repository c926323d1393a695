{#
    One row per delivered row of a canonical entity with its verdict (`_disposition`): accepted,
    superseded or quarantined. Follows the lake: only deliveries that came, changed or went since
    the last build are staged, and only keys that occur in them are ranked anew.

    The model's SQL selects the key, whatever of the content is to be kept, `_version`,
    `_reject_reason`, the lineage and `_day`, on which the contact or answer counts.

    Config:
        entity  canonical entity
        key     column of its key
        kind    name of its days (`day_kinds`), for entities whose days others follow
        part_of {'kind': 'ticket', 'key': 'ticket_id', 'of': 'int_tickets_verdicts'} for parts of
                a record: its day, and those of the answers about it, are built anew when a part
                came, changed or went
        versions  its facts say something of earlier versions (the first score of an answer): a day
                is built anew when a superseded row of it came, changed or went, too
#}
{% materialization versioned, adapter='duckdb' %}
    {%- set entity = config.require('entity') -%}
    {%- set key = config.require('key') -%}
    {%- set kind = config.get('kind') -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set tables = entity_tables(entity) -%}
    {{ run_hooks(pre_hooks) }}

    {%- set is_new = table_state(this, existing).is_new -%}
    {%- if is_new -%}
        {%- if existing is not none -%} {%- do do_sql("drop " ~ existing.type ~ " if exists " ~ this) -%} {%- endif -%}
        {%- for name in ('lake_partitions', 'lake_counts') -%}
            {%- do do_sql("delete from " ~ state(name) ~ " where entity = " ~ quote_text(entity)) -%}
        {%- endfor -%}
        {%- do choose_lake_files(tables, []) -%}
        {%- do do_sql(
            "create table " ~ this ~ " as select *, cast('' as varchar) as _disposition from ("
            ~ sql ~ ") limit 0"
        ) -%}
        {%- do do_sql("insert into " ~ state('changed_days') ~ " select " ~ next_batch() ~ ", '*', null, 'rebuild'") -%}
        {%- do set_day_state(this, 'null') -%}
        {%- do adapter.commit() -%}
    {%- endif -%}

    {%- set changed = changed_partitions(entity, tables) -%}
    {%- for chunk in chunks(changed) -%}
        {%- do take_partitions(entity, key, kind, tables, chunk, is_new) -%}
        {%- do adapter.commit() -%}
    {%- endfor -%}
    {%- if is_new or changed -%} {%- do choose_whole_lake(tables) -%} {%- endif -%}
    {%- if changed -%}
        {%- set drops = [] -%}
        {%- for name in ('parts', 'fresh', 'gone', 'before', 'ranked', 'after', 'touched', 'parts_touched') -%}
            {%- do drops.append("drop table if exists cx_" ~ name) -%}
        {%- endfor -%}
        {%- do do_all(drops) -%}
    {%- endif -%}

    {%- call statement('main') -%} select 1 {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# Deliveries that came, changed or went since they were last taken in: (source, table, load date, digest or none, rows). #}
{% macro changed_partitions(entity, tables) -%}
    {%- set globs = [] -%}
    {%- for source, table in tables -%}
        {%- do globs.append(
            "select file from glob(" ~ quote_text(lake_folder(source, table) ~ "/load_date=*/delivery.json") ~ ")"
        ) -%}
    {%- endfor -%}
    {%- if not globs -%} {%- do globs.append("select null::varchar as file where false") -%} {%- endif -%}
    {%- do do_sql("set variable cx_files = (select list(file) from (" ~ globs | join(' union all ') ~ "))") -%}
    {%- set present -%}
        select
            split_part(filename, '/', -4) as source,
            split_part(filename, '/', -3) as table_name,
            cast(replace(split_part(filename, '/', -2), 'load_date=', '') as date) as load_date,
            md5(content) as digest,
            list_sum(cast(json_extract_string(content, '$.files[*].rows_read') as bigint[])) as rows_count
        from read_text(getvariable('cx_files'))
    {%- endset -%}
    {%- if not rows_of("select getvariable('cx_files') is not null")[0][0] -%}
        {%- set present -%}
            select
                null::varchar as source, null::varchar as table_name, null::date as load_date,
                null::varchar as digest, null::bigint as rows_count
            where false
        {%- endset -%}
    {%- endif -%}
    {{ return(rows_of(
        "with present as (" ~ present ~ "), "
        ~ "known as (select * from " ~ state('lake_partitions') ~ " where entity = " ~ quote_text(entity) ~ ") "
        ~ "select source, table_name, cast(load_date as varchar), present.digest, present.rows_count "
        ~ "from present full join known using (source, table_name, load_date) "
        ~ "where present.digest is distinct from known.digest "
        ~ "order by load_date, source, table_name"
    )) }}
{%- endmacro %}


{# Take these partitions into the table of the model, in one transaction. #}
{% macro take_partitions(entity, key, kind, tables, chunk, is_new) -%}
    {%- set parts = [] -%}
    {%- set present = [] -%}
    {%- for source, table, load_date, digest, rows in chunk -%}
        {%- do parts.append(
            "(" ~ quote_text(source) ~ ", " ~ quote_text(table) ~ ", date '" ~ load_date ~ "', "
            ~ (quote_text(digest) if digest else 'null') ~ ")"
        ) -%}
        {%- if digest -%} {%- do present.append((source, table, load_date)) -%} {%- endif -%}
    {%- endfor -%}
    {%- do choose_lake_files(tables, present) -%}
    {%- set in_parts = (
        "on rows._source = parts.source and rows._source_table = parts.table_name"
        ~ " and rows._load_date = parts.load_date"
    ) -%}
    {%- do do_sql(
        "create or replace temp table cx_parts as select * from (values " ~ parts | join(', ')
        ~ ") as parts (source, table_name, load_date, digest)"
    ) -%}
    {%- do do_sql("create or replace temp table cx_fresh as select * from (" ~ sql ~ ")") -%}
    {#- What these partitions gave before, and all other rows of the keys that they name. -#}
    {%- do do_sql(
        "create or replace temp table cx_gone as select rows.rowid as _row, rows.* from " ~ this
        ~ " as rows semi join cx_parts as parts " ~ in_parts
    ) -%}
    {%- do do_sql(
        "create or replace temp table cx_before as select rows.* from ("
        ~ "select rows.rowid as _row, rows.* from " ~ this ~ " as rows semi join (select " ~ key
        ~ " from cx_fresh union all select " ~ key ~ " from cx_gone) as named using (" ~ key ~ ")"
        ~ ") as rows anti join cx_parts as parts " ~ in_parts
    ) -%}
    {%- do do_sql(
        "create or replace temp table cx_ranked as select " ~ key ~ " from cx_fresh where " ~ key
        ~ " is not null group by all having count(*) > 1 union select " ~ key ~ " from cx_before"
    ) -%}
    {%- set candidates -%}
        select * exclude (_disposition), _disposition as _was from cx_before
        union all by name
        select cast(null as bigint) as _row, *, cast(null as varchar) as _was
        from cx_fresh semi join cx_ranked using ({{ key }})
    {%- endset -%}
    {%- do do_sql(
        "create or replace temp table cx_after as select * from ("
        ~ rank_versions('(' ~ candidates ~ ')', key) ~ ") where _was is distinct from _disposition"
    ) -%}
    {%- set plain -%}
        select *, case when _reject_reason is null then 'accepted' else 'quarantined' end as _disposition
        from cx_fresh anti join cx_ranked using ({{ key }})
    {%- endset -%}

    {%- set batch = rows_of("select " ~ next_batch())[0][0] -%}
    {#- Whose accepted row came, changed or went. A new table is followed by none but new ones. -#}
    {%- if kind and not is_new -%}
        {%- do do_sql(
            "create or replace temp table cx_touched as "
            ~ "select * exclude (_row, _disposition) from cx_gone where _disposition = 'accepted' "
            ~ "union all by name select * exclude (_row, _was, _disposition) from cx_after where 'accepted' in (_was, _disposition) "
            ~ "union all by name select * exclude (_disposition) from (" ~ plain ~ ") where _disposition = 'accepted'"
            ~ (" union all by name select * exclude (_row, _disposition) from cx_before where _disposition = 'accepted'"
               if config.get('versions') else "")
        ) -%}
        {%- do do_sql(
            "insert into " ~ state('changed_days') ~ " select distinct " ~ batch ~ ", "
            ~ quote_text(kind) ~ ", _day, 'rows' from cx_touched"
        ) -%}
        {%- do touched_answers(kind, key, batch) -%}
        {%- set whole = config.get('part_of') -%}
        {%- set wholes = adapter.get_relation(this.database, this.schema, whole.of) if whole -%}
        {%- if wholes -%}
            {%- do do_sql(
                "insert into " ~ state('changed_days') ~ " select distinct " ~ batch ~ ", " ~ quote_text(whole.kind)
                ~ ", wholes._day, 'parts' from " ~ wholes ~ " as wholes semi join cx_touched using (" ~ whole.key
                ~ ") where wholes._disposition = 'accepted'"
            ) -%}
            {%- do touched_answers(whole.kind, whole.key, batch) -%}
        {%- endif -%}
    {%- endif -%}

    {%- do do_sql(
        "delete from " ~ this ~ " where rowid in ("
        ~ "select _row from cx_gone union all select _row from cx_after where _row is not null)"
    ) -%}
    {%- do do_sql("insert into " ~ this ~ " by name select * exclude (_row, _was) from cx_after") -%}
    {%- do do_sql("insert into " ~ this ~ " by name " ~ plain) -%}

    {%- do do_sql(
        "create or replace temp table cx_parts_touched as select source, table_name, load_date from cx_parts"
        ~ " union select _source, _source_table, _load_date from cx_after"
    ) -%}
    {%- set of_entity = "entity = " ~ quote_text(entity) -%}
    {%- do do_sql(
        "delete from " ~ state('lake_counts') ~ " as rows where " ~ of_entity
        ~ " and exists (select 1 from cx_parts_touched as parts where "
        ~ in_parts.replace('on ', '', 1) ~ ")"
    ) -%}
    {%- do do_sql(
        "insert into " ~ state('lake_counts') ~ " select " ~ quote_text(entity)
        ~ ", _source, _source_table, _load_date, _source_file, _day, _disposition, "
        ~ "split_part(_reject_reason, ', found ', 1), count(*) from " ~ this
        ~ " as rows semi join cx_parts_touched as parts " ~ in_parts ~ " group by all"
    ) -%}
    {%- do do_sql(
        "delete from " ~ state('lake_partitions') ~ " where " ~ of_entity
        ~ " and (source, table_name, load_date) in (select (source, table_name, load_date) from cx_parts)"
    ) -%}
    {%- do do_sql(
        "insert into " ~ state('lake_partitions') ~ " select " ~ quote_text(entity)
        ~ ", source, table_name, load_date, digest from cx_parts where digest is not null"
    ) -%}
{%- endmacro %}


{#
    Answers whose row depends on what was touched: those about a touched contact, and, since of
    several answers about one contact one counts, the others about the contact of a touched answer.
#}
{% macro touched_answers(kind, key, batch) -%}
    {%- set answers = this if kind == 'response' else adapter.get_relation(
        this.database, this.schema, 'int_survey_responses_versioned'
    ) -%}
    {%- if answers is not none -%}
        {%- set touched -%}
            {%- if kind == 'response' -%}
                select contact_type, contact_ref_id from cx_touched
            {%- else -%}
                select {{ quote_text(kind) }} as contact_type, {{ key }} as contact_ref_id from cx_touched
            {%- endif -%}
        {%- endset -%}
        {%- do do_sql(
            "insert into " ~ state('changed_days') ~ " select distinct " ~ batch ~ ", 'response', _day, 'linked' from "
            ~ answers ~ " as answers semi join (" ~ touched ~ ") as touched using (contact_type, contact_ref_id) "
            ~ "where _disposition = 'accepted'"
        ) -%}
    {%- endif -%}
{%- endmacro %}
