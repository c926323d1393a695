{#
    A big table that is kept day by day: a build works on the days that something happened to
    (state changed_days), a rebuild on all days, in chunks, with the same SQL. The model's SQL says
    with `in_run_days` which rows belong to the days in work; it must give all rows of those days.

    Config:
        day      date column that a row is kept under
        kind     column that divides a day further (contact_type), or none
        period   'month' for a table that adds up months: its days are their first ones, and what it
                 reads by day it finds with `in_run_months`
        reads    kinds of changed_days that it follows
        causes   causes that it follows; when left out all but 'rated' and 'area',
                 which have to be named
        follows  other kinds whose changed rows reach its days, as {kind: [days before, days after]}:
                 {'chat': [2, 0]} builds the two days before a changed chat and its own day
        spills   rows of a record may lie on the day after its own, too, whatever else is on that
        stages   entities whose partitions of the lake it reads
        context  days around those in work that its SQL looks at with in_run_days(list='context'):
                 'window' (the repeat window), 'contacts' (the contacts that answers are about)
        touches  what a changed row of it changes in turn, see `touch_days`
        sorted_by  SQL that the rows in a file are sorted by, so that a question about a customer,
                 say, reads little of each file
        all_days of a table whose days are no days of contacts: SQL of all its days, as (day,
                 rows_count); so many rows are worked on for it, in which a build is cut
        storage  'table': in the warehouse however large, for tables that are joined by something
                 other than the day

    A table of at most `most_table_rows` rows is a table of the warehouse: over thousands of small
    files every query would pay for opening them. One that outgrows that is moved to Parquet files
    by day, of which a query opens those of its days and which are published without being copied.
#}
{% materialization by_day, adapter='duckdb' %}
    {%- set day = config.require('day') -%}
    {%- set kind = config.get('kind') -%}
    {%- set reads = config.require('reads') -%}
    {%- set stages = config.get('stages', []) -%}
    {%- set touches = config.get('touches') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}

    {%- set known = table_state(this, existing) -%}
    {%- set followed, newest = known.followed, known.newest -%}
    {%- set is_new = known.is_new or known.is_dropped -%}
    {%- set days = days_to_build(reads, followed, is_new) -%}
    {%- set tables = [] -%}
    {%- for entity in stages -%} {%- do tables.extend(entity_tables(entity)) -%} {%- endfor -%}

    {%- set kept = namespace(in_files=not is_new and existing.type == 'view') -%}
    {#- The files are found by where they lie: a home that was moved wants its views anew. -#}
    {%- set is_moved = kept.in_files and known.is_moved -%}
    {%- if is_new or days or is_moved -%}
        {#- Types and names once, on no rows. -#}
        {%- do choose_days(reads, []) -%}
        {%- do choose_context(config.get('context'), reads, []) -%}
        {%- do choose_lake_files(tables, []) -%}
        {%- if config.get('contract').enforced -%}
            {{ get_assert_columns_equivalent(sql) }}
        {%- endif -%}
        {%- set query = get_select_subquery(sql) if config.get('contract').enforced else sql -%}
        {%- set root = days_root() -%}
        {%- set generation = invocation_id[:8] ~ '-' ~ newest -%}
        {%- set hive = [kind, day] | select | list -%}
        {%- if is_new -%}
            {%- if existing is not none -%} {%- do adapter.drop_relation(existing) -%} {%- endif -%}
            {%- do do_all([
                "delete from " ~ state('day_files') ~ " where " ~ of_this_table(),
                "create table " ~ this ~ " as select * from (" ~ query ~ ") limit 0"
            ]) -%}
        {%- endif -%}
        {%- do do_sql(
            "create or replace temp table cx_written (kind varchar, day date, path varchar, rows_count bigint, bytes bigint)"
        ) -%}
        {%- set in_work = in_run_days(kind, day, reads[0]) -%}
        {%- do choose_days(reads, days) -%}
        {%- if touches and not is_new and days -%}
            {%- do do_sql("create or replace temp table cx_old as select * from " ~ this ~ " where " ~ in_work) -%}
        {%- endif -%}
        {%- if not kept.in_files and not is_new -%}
            {%- do do_sql("delete from " ~ this ~ " where " ~ in_work) -%}
        {%- endif -%}

        {#-
            A table without a kind gives a day from all kinds at once. Of one that may end in files:
            the engine holds a hundred open, and would write several for each of more days.
        -#}
        {%- set rows_count = days | sum(attribute=2) -%}
        {%- set is_large = rows_count > var('most_table_rows') -%}
        {%- set most = 90 * (1 if kind else reads | length) if kept.in_files or is_large else none -%}
        {#-
            Staged rows of all kinds at once take memory that cannot be spilled: 5 GB for five
            million contacts, which as chats alone make do with 1.5. Of few rows one query is quicker.
        -#}
        {%- set apart = 0 if kind and stages and rows_count * 10 > var('chunk_rows') else none -%}
        {#- Around each chunk days are read once more, to be put in an order, which can be spilled. -#}
        {%- set size = var('chunk_rows') if config.get('context') == 'window' else none -%}
        {%- for chunk in chunks(days, none if kind else 1, most, apart, size) -%}
            {%- do choose_days(reads, chunk) -%}
            {%- do choose_context(config.get('context'), reads, chunk) -%}
            {%- if stages -%}
                {%- set partitions = partitions_of(stages, chunk) -%}
                {%- do choose_lake_files(tables, partitions) -%}
                {%- do choose_load_dates(stages, partitions) -%}
            {%- endif -%}
            {%- set file = generation ~ '-' ~ loop.index -%}
            {%- if not kept.in_files -%}
                {%- do do_sql("create or replace temp table cx_rows as select * from (" ~ query ~ ")") -%}
                {%- if config.get('storage') == 'table' or not outgrown(this) -%}
                    {%- do do_sql("insert into " ~ this ~ " by name select * from cx_rows") -%}
                {%- else -%}
                    {%- do write_days("select * from " ~ this ~ " order by " ~ hive | join(', '), root, file ~ '-kept', hive, kind, day) -%}
                    {%- do write_days("select * from cx_rows", root, file, hive, kind, day) -%}
                    {%- do adapter.drop_relation(this.incorporate(type='table')) -%}
                    {%- set kept.in_files = true -%}
                {%- endif -%}
                {%- do do_sql("drop table cx_rows") -%}
            {%- else -%}
                {%- do write_days(query, root, file, hive, kind, day) -%}
            {%- endif -%}
        {%- endfor -%}

        {%- do choose_days(reads, days) -%}
        {%- if kept.in_files -%}
            {%- do register_files(days, kind) -%}
            {%- do show_files(query, root, hive, kind, day) -%}
        {%- endif -%}
        {%- if touches and not is_new and days -%}
            {#- Some at a time: to compare rows takes several times their size. -#}
            {%- set old_rows = "select * from cx_old where " ~ in_work -%}
            {%- set new_rows = "select * from " ~ this ~ " where " ~ in_work -%}
            {%- do do_sql("create or replace temp table cx_changed as select * from cx_old limit 0") -%}
            {%- for part in chunks(days, none if kind else 1, size=var('chunk_rows') // 10) -%}
                {%- do choose_days(reads, part) -%}
                {%- do do_sql(
                    "insert into cx_changed (" ~ old_rows ~ " except all " ~ new_rows
                    ~ ") union all (" ~ new_rows ~ " except all " ~ old_rows ~ ")"
                ) -%}
            {%- endfor -%}
            {%- do touch_days(touches, 'cx_changed', rows_of("select " ~ next_batch())[0][0]) -%}
        {%- endif -%}
        {%- if stages -%}
            {%- do choose_whole_lake(tables) -%}
            {%- do forget_load_dates(stages) -%}
        {%- endif -%}
        {%- do forget_days(reads) -%}
        {%- if is_new or days -%} {%- do note_built_days(days, is_new, newest) -%} {%- endif -%}
        {%- do do_all([
            "drop table if exists cx_written", "drop table if exists cx_old", "drop table if exists cx_changed"
        ]) -%}
    {%- endif -%}
    {%- do set_day_state(this, newest) -%}
    {%- call statement('main') -%} select 1 {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [this.incorporate(type='view' if kept.in_files else 'table')]}) }}
{% endmaterialization %}


{# Remember which days tests have to look at until they are published: of the table, and of the
   views upon it that have a day (and perhaps are of one kind alone: `of_kind`). #}
{% macro note_built_days(days, is_new, newest) -%}
    {%- set stale = 'true' if is_new else 'batch <= ' ~ (env_var('DBT_PUBLISHED_BATCH', '') or -1) -%}
    {%- set tables = [(this.schema, this.identifier, config)] -%}
    {%- for node in graph.nodes.values() if node.config.materialized == 'view' and node.config.get('day') and model.unique_id in node.depends_on.nodes -%}
        {%- do tables.append((node.schema, node.alias, node.config)) -%}
    {%- endfor -%}
    {%- set statements = [] -%}
    {%- for schema, name, own in tables -%}
        {%- set kind = own.get('kind') -%}
        {%- set row = quote_text(schema) ~ ", " ~ quote_text(name) ~ ", " ~ (quote_text(kind) if kind else 'null')
            ~ ", " ~ quote_text(own.get('day')) ~ ", " ~ newest -%}
        {%- set values = {} -%}
        {%- if is_new -%} {%- do values.update({"(" ~ row ~ ", null, null, true)": 1}) -%} {%- endif -%}
        {%- for day in (days if not is_new else []) if own.get('of_kind') in (none, day[0]) -%}
            {%- do values.update({
                "(" ~ row ~ ", " ~ (quote_text(day[0]) if kind else 'null') ~ ", "
                ~ ("date '" ~ day[1] ~ "'" if day[1] else 'null') ~ ", false)": 1
            }) -%}
        {%- endfor -%}
        {%- do statements.append(
            "delete from " ~ state('built_partitions') ~ " where table_schema = " ~ quote_text(schema)
            ~ " and table_name = " ~ quote_text(name) ~ " and " ~ stale
        ) -%}
        {%- if values -%}
            {%- do statements.append("insert into " ~ state('built_partitions') ~ " values " ~ values | join(', ')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do do_all(statements) -%}
{%- endmacro %}


{# Whether the table has too many rows to stay one together with those that are to come (cx_rows). #}
{% macro outgrown(relation) -%}
    {%- set counts = rows_of("select (select count(*) from " ~ relation ~ ") + (select count(*) from cx_rows)") -%}
    {{ return(counts[0][0] > var('most_table_rows')) }}
{%- endmacro %}


{#
    The days to work on, as (kind, day or none, accepted rows), in order. A model without a kind
    takes the days of all kinds that it reads together. One that stages rows takes one kind after
    the other: tickets of a day lie in the partitions of seven weeks, which are then read once for
    many days and not again with the chats of each few.
#}
{% macro days_to_build(reads, followed, is_new) -%}
    {%- set names = [] -%}
    {%- for name in reads -%} {%- do names.append(quote_text(name)) -%} {%- endfor -%}
    {%- set counted -%}
        select
            {{ kind_of_entity() }} as kind,
            day,
            sum(rows_count) as rows_count
        from {{ state('lake_counts') }}
        where _disposition = 'accepted'
        group by all
        {%- if config.get('all_days') %}
        union all
        select {{ quote_text(reads[0]) }} as kind, day, rows_count from ({{ config.get('all_days') }})
        {%- endif %}
    {%- endset -%}
    {%- set causes = [] -%}
    {%- for cause in config.get('causes', []) -%} {%- do causes.append(quote_text(cause)) -%} {%- endfor -%}
    {%- set wanted -%}
        {%- if is_new -%} select kind, day from ({{ counted }}) where kind in ({{ names | join(', ') }})
        {%- else -%}
            select kind, day from {{ state('changed_days') }}
            where batch > {{ followed }} and kind in ({{ names | join(', ') }})
            and {% if causes %} cause in ({{ causes | join(', ') }}) {% else %} cause not in ('rated', 'area') {%- endif -%}
            {%- for other, around in config.get('follows', {}).items() %}
            union
            select own.kind, own.day
            from ({{ counted }}) as own
            join (
                select distinct day from {{ state('changed_days') }}
                where batch > {{ followed }} and kind = {{ quote_text(other) }} and cause = 'rows'
            ) as followed
                on own.kind in ({{ names | join(', ') }})
                and own.day between followed.day - {{ around[0] }} and followed.day + {{ around[1] }}
            {%- endfor -%}
        {%- endif -%}
    {%- endset -%}
    {%- if config.get('spills') -%}
        {%- set wanted -%}
            select kind, unnest([day, cast(day + 1 as date)]) as day from ({{ wanted }})
        {%- endset -%}
    {%- endif -%}
    {%- if config.get('period') == 'month' -%}
        {%- set first = "cast(date_trunc('month', day) as date) as day" -%}
        {%- set wanted -%} select kind, {{ first }} from ({{ wanted }}) {%- endset -%}
        {%- set counted -%}
            select kind, {{ first }}, sum(rows_count) as rows_count from ({{ counted }}) group by all
        {%- endset -%}
    {%- endif -%}
    {%- set spread -%}
        {%- if config.get('kind') or reads | length == 1 -%} select distinct kind, day from ({{ wanted }})
        {%- else -%}
            select kinds.kind, days.day
            from (select distinct day from ({{ wanted }})) as days
            cross join (select unnest([{{ names | join(', ') }}]) as kind) as kinds
        {%- endif -%}
    {%- endset -%}
    {{ return(rows_of(
        "select wanted.kind, cast(wanted.day as varchar), coalesce(cast(counted.rows_count as bigint), 1) "
        ~ "from (" ~ spread ~ ") as wanted left join (" ~ counted ~ ") as counted "
        ~ "on wanted.kind = counted.kind and wanted.day is not distinct from counted.day "
        ~ "order by " ~ ("wanted.kind, " if config.get('kind') and config.get('stages') else "")
        ~ "wanted.day nulls first, wanted.kind"
    )) }}
{%- endmacro %}


{# The partitions of the lake that hold the accepted rows of these days. #}
{% macro partitions_of(entities, days) -%}
    {%- set values = [] -%}
    {%- for row in days -%}
        {%- do values.append(
            "(" ~ quote_text(row[0]) ~ ", " ~ ("date '" ~ row[1] ~ "'" if row[1] else 'cast(null as date)') ~ ")"
        ) -%}
    {%- endfor -%}
    {{ return(rows_of(
        "select distinct _source, _source_table, cast(_load_date as varchar) from " ~ state('lake_counts') ~ " as counts "
        ~ "join (values " ~ values | join(', ') ~ ") as days (kind, day) "
        ~ "on " ~ kind_of_entity('counts.entity') ~ " = days.kind and counts.day is not distinct from days.day "
        ~ "where _disposition = 'accepted' order by all"
    )) }}
{%- endmacro %}


{# Set the days that `in_run_days(list='context')` is true of. #}
{% macro choose_context(context, reads, days) -%}
    {%- if context == 'window' -%}
        {%- set margin = var('fcr_window_days') + 1 -%}
        {#- Who has no day has nobody around him, but belongs to himself. -#}
        {%- set wanted = {none: 1} -%}
        {%- for row in days if row[1] -%}
            {%- set middle = modules.datetime.date.fromisoformat(row[1]) -%}
            {%- for offset in range(-margin, margin + 1) -%}
                {%- do wanted.update({(middle + modules.datetime.timedelta(days=offset)).isoformat(): 1}) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set rows = [] -%}
        {%- for name in ('ticket', 'chat', 'call') -%}
            {%- for date in wanted -%} {%- do rows.append((name, date)) -%} {%- endfor -%}
        {%- endfor -%}
        {%- do choose_days(('ticket', 'chat', 'call'), rows, 'context') -%}
    {%- elif context == 'contacts' -%}
        {%- set rows = [] -%}
        {%- set answers = adapter.get_relation(this.database, 'intermediate', 'int_survey_responses_versioned') -%}
        {%- if days -%}
            {%- for entity, kind, key in (('tickets', 'ticket', 'ticket_id'), ('chats', 'chat', 'chat_id'), ('calls', 'call', 'call_id')) -%}
                {%- set ledger = adapter.get_relation(this.database, 'intermediate', 'int_' ~ entity ~ '_verdicts') -%}
                {%- do rows.extend(rows_of(
                    "select distinct " ~ quote_text(kind) ~ ", cast(_day as varchar) from " ~ ledger
                    ~ " semi join (select contact_ref_id as " ~ key ~ " from " ~ answers
                    ~ " where contact_type = " ~ quote_text(kind) ~ " and _disposition = 'accepted' and "
                    ~ in_run_days(none, '_day', 'response') ~ ") as answers using (" ~ key ~ ") "
                    ~ "where _disposition = 'accepted'"
                )) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do choose_days(('ticket', 'chat', 'call'), rows, 'context') -%}
    {%- endif -%}
{%- endmacro %}


{# `in_run_days` is true of every row again. #}
{% macro forget_days(reads) -%}
    {%- set resets = ["reset variable cx_days_any"] -%}
    {%- for name in reads -%} {%- do resets.append("reset variable cx_days_" ~ name) -%} {%- endfor -%}
    {%- for name in ('ticket', 'chat', 'call', 'any') if config.get('context') -%}
        {%- do resets.append("reset variable cx_context_" ~ name) -%}
    {%- endfor -%}
    {%- do do_all(resets) -%}
{%- endmacro %}


{# Where the files of by_day tables lie. #}
{% macro days_root() -%} {{ return(env_var('CX_HOME', 'data') ~ '/warehouse/days') }} {%- endmacro %}

{% macro of_this_table() -%}
    {{ return("table_schema = " ~ quote_text(this.schema) ~ " and table_name = " ~ quote_text(this.identifier)) }}
{%- endmacro %}


{# Write the rows of the query to new files, by day; they count once `register_files` has run. #}
{% macro write_days(query, root, generation, hive, kind, day) -%}
    {%- set sorted_by = config.get('sorted_by') -%}
    {%- set found = rows_of(
        "copy (select * from (" ~ query ~ ")"
        ~ (" order by " ~ day ~ ", " ~ sorted_by if sorted_by else "") ~ ") to " ~ quote_text(root ~ '/' ~ this.identifier)
        ~ " (format parquet, compression zstd, partition_by (" ~ hive | join(', ')
        ~ "), write_partition_columns true, overwrite_or_ignore true, filename_pattern "
        ~ quote_text(generation ~ '_{i}') ~ ", return_stats true)"
    ) -%}
    {%- set values = [] -%}
    {%- for row in found -%}
        {%- set path = row[0][root | length + 1:] -%}
        {%- set keys = {} -%}
        {%- for part in path.split('/') if '=' in part -%}
            {%- do keys.update({part.split('=')[0]: part.split('=')[1]}) -%}
        {%- endfor -%}
        {%- do values.append(
            "(" ~ (quote_text(keys[kind]) if kind else 'null') ~ ", "
            ~ ('null' if keys[day] == '__HIVE_DEFAULT_PARTITION__' else "date '" ~ keys[day] ~ "'") ~ ", "
            ~ quote_text(path) ~ ", " ~ row[1] ~ ", " ~ row[2] ~ ")"
        ) -%}
    {%- endfor -%}
    {%- if values -%} {%- do do_sql("insert into cx_written values " ~ values | join(', ')) -%} {%- endif -%}
{%- endmacro %}


{# The files of the days in work are those just written, and no others. #}
{% macro register_files(days, kind) -%}
    {%- if days -%}
        {%- set values = [] -%}
        {%- for row in days -%}
            {%- do values.append(
                "(" ~ (quote_text(row[0]) if kind else 'cast(null as varchar)') ~ ", "
                ~ ("date '" ~ row[1] ~ "'" if row[1] else 'cast(null as date)') ~ ")"
            ) -%}
        {%- endfor -%}
        {%- do do_sql(
            "delete from " ~ state('day_files') ~ " as files where " ~ of_this_table()
            ~ " and exists (select 1 from (values " ~ values | join(', ') ~ ") as days (kind, day)"
            ~ " where files.kind is not distinct from days.kind and files.day is not distinct from days.day)"
        ) -%}
    {%- endif -%}
    {%- do do_sql(
        "insert into " ~ state('day_files') ~ " select " ~ quote_text(this.schema) ~ ", "
        ~ quote_text(this.identifier) ~ ", * from cx_written"
    ) -%}
{%- endmacro %}


{# The table is a view over its registered files; without any, over one of no rows. #}
{% macro show_files(query, root, hive, kind, day) -%}
    {%- set columns = [] -%}
    {%- for column in rows_of("describe " ~ query) -%}
        {%- do columns.append("cast(" ~ adapter.quote(column[0]) ~ " as " ~ column[1] ~ ") as " ~ adapter.quote(column[0])) -%}
    {%- endfor -%}
    {%- set paths = [] -%}
    {%- for row in rows_of("select path from " ~ state('day_files') ~ " where " ~ of_this_table() ~ " order by day nulls first, kind, path") -%}
        {%- do paths.append(quote_text(row[0])) -%}
    {%- endfor -%}
    {%- set types = [] -%}
    {%- if kind -%} {%- do types.append(kind ~ ": varchar") -%} {%- endif -%}
    {%- do types.append(day ~ ": date") -%}
    {%- if paths -%}
        {%- set source -%}
            read_parquet(
                list_transform([{{ paths | join(', ') }}], lambda path: {{ quote_text(root ~ '/') }} || path),
                hive_partitioning = true, hive_types = {{ '{' ~ types | join(', ') ~ '}' }}
            )
        {%- endset -%}
    {%- else -%}
        {%- set nulls = [] -%}
        {%- for column in rows_of("describe " ~ query) -%}
            {%- do nulls.append("cast(null as " ~ column[1] ~ ") as " ~ adapter.quote(column[0])) -%}
        {%- endfor -%}
        {%- set source = "(select " ~ nulls | join(', ') ~ " where false)" -%}
    {%- endif -%}
    {%- do do_sql("create or replace view " ~ this ~ " as select " ~ columns | join(', ') ~ " from " ~ source) -%}
{%- endmacro %}
