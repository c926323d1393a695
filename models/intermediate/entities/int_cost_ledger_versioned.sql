-- One row per delivered line of the cost ledger, with its verdict.
{{ config(materialized='versioned', entity='cost_ledger', key='line_id') }}

with staged as (
    {{- union_entity('cost_ledger') }}
)

select
    *,
    cast(null as date) as _day
from staged
