-- One row per delivered agent row, with its verdict.
{{ config(materialized='versioned', entity='agents', key='agent_id') }}

with staged as (
    {{- union_entity('agents') }}
)

select
    *,
    cast(null as date) as _day
from staged
