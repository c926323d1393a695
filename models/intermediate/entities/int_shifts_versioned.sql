-- One row per delivered row about a shift, with its verdict.
{{ config(materialized='versioned', entity='shifts', key='shift_id', kind='shift') }}

with staged as (
    {{- union_entity('shifts') }}
)

select
    *,
    {{ reporting_date('started_at') }} as _day
from staged
