-- One row per delivered state of a cart, with its verdict.
{{ config(materialized='versioned', entity='carts', key='cart_id', kind='cart') }}

with staged as (
    {{- union_entity('carts') }}
)

select
    *,
    {{ reporting_date('created_at') }} as _day
from staged
