-- One row per delivered change, with its verdict.
{{ config(materialized='versioned', entity='changes', key='change_id') }}

with staged as (
    {{- union_entity('changes') }}
)

select
    *,
    cast(null as date) as _day
from staged
