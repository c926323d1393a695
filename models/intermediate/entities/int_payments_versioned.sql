-- One row per delivered payment, with its verdict.
{{ config(materialized='versioned', entity='payments', key='payment_id') }}

with staged as (
    {{- union_entity('payments') }}
)

select
    *,
    cast(null as date) as _day
from staged
