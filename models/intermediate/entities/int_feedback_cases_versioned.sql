-- One row per delivered feedback case, with its verdict.
{{ config(materialized='versioned', entity='feedback_cases', key='case_id') }}

with staged as (
    {{- union_entity('feedback_cases') }}
)

select
    *,
    cast(null as date) as _day
from staged
