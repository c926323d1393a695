-- One row per delivered ticket row: its key, its place in the lake and its verdict.
{{ config(materialized='versioned', entity='tickets', key='ticket_id', kind='ticket') }}

with staged as (
    {{- union_entity('tickets') }}
)

select
    ticket_id,
    _version,
    _reject_reason,
    _source,
    _source_table,
    _source_file,
    _row_number,
    _load_date,
    {{ reporting_date('created_at') }} as _day
from staged
