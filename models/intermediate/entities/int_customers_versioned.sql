-- One row per delivered customer row, with its verdict.
{{ config(materialized='versioned', entity='customers', key='customer_id') }}

with staged as (
    {{- union_entity('customers') }}
)

select
    *,
    cast(null as date) as _day
from staged
