-- One row per delivered chat row: its key, its place in the lake and its verdict.
{{ config(materialized='versioned', entity='chats', key='chat_id', kind='chat') }}

with staged as (
    {{- union_entity('chats') }}
)

select
    chat_id,
    _version,
    _reject_reason,
    _source,
    _source_table,
    _source_file,
    _row_number,
    _load_date,
    {{ reporting_date('started_at') }} as _day
from staged
