-- One row per delivered count of uses of an answer on a day, with its verdict.
{{ config(materialized='versioned', entity='answer_uses', key='use_id') }}

with staged as (
    {{- union_entity('answer_uses') }}
)

select
    *,
    cast(null as date) as _day
from staged
