-- One row per delivered row about a status of an agent, with its verdict.
{{ config(materialized='versioned', entity='agent_status', key='status_id', kind='agent_status') }}

with staged as (
    {{- union_entity('agent_status') }}
)

select
    *,
    {{ reporting_date('started_at') }} as _day
from staged
