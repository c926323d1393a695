-- One row per delivered call row: its key, its place in the lake and its verdict.
{{ config(materialized='versioned', entity='calls', key='call_id', kind='call') }}

with staged as (
    {{- union_entity('calls') }}
)

select
    call_id,
    _version,
    _reject_reason,
    _source,
    _source_table,
    _source_file,
    _row_number,
    _load_date,
    {{ reporting_date('started_at') }} as _day
from staged
