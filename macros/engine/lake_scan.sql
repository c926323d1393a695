{#
    The rows of a source table in the lake, with lineage. `family` is text (encoded by ingest,
    everything VARCHAR) or native (delivered Parquet files as they came, with their own types).

    Which files are read stands in a session variable: a run stages only the partitions that it
    needs, everybody else sees all (orchestration/lake_files.py sets it on every connection).
#}
{% macro lake_scan(source_name, table_name, family='text') -%}
    {{ return(adapter.dispatch('lake_scan')(source_name, table_name, family)) }}
{%- endmacro %}

{% macro duckdb__lake_scan(source_name, table_name, family) -%}
    {%- set variable = 'lake_' ~ source_name ~ '__' ~ table_name -%}
    {%- if family == 'text' -%}
    (
        select * from read_parquet(
            getvariable('{{ variable }}'), union_by_name = true, hive_partitioning = false
        )
    )
    {%- else -%}
    (
        select
            delivered.* exclude (filename, file_row_number),
            {{ quote_text(source_name) }} as _source,
            files.file as _source_file,
            delivered.file_row_number + 1 as _row_number,
            files.load_date as _load_date,
            files.native_run_id as _run_id
        from read_parquet(
            getvariable('{{ variable }}_native'), union_by_name = true, hive_partitioning = false,
            filename = true, file_row_number = true
        ) as delivered
        left join (
            select
                regexp_replace(filename, '[^/]*$', '') || f.native_file as path,
                f.file,
                load_date,
                f.native_run_id
            from (
                select filename, load_date, unnest(files) as f
                from read_json(
                    getvariable('{{ variable }}_deliveries'), hive_partitioning = false,
                    filename = true, columns = {
                        load_date: 'DATE',
                        files: 'STRUCT(file VARCHAR, native_file VARCHAR, native_run_id VARCHAR)[]'
                    }
                )
            )
            where f.native_file is not null
        ) as files on delivered.filename = files.path
    )
    {%- endif -%}
{%- endmacro %}
