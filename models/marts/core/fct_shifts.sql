-- One row per planned shift of an agent.
{{ config(materialized='by_day', day='shift_date', reads=['shift']) }}

with shifts as (
    select * from {{ ref('int_shifts_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='shift') }}
),

measured as (
    select
        *,
        case
            when ended_at >= started_at then {{ seconds_between('started_at', 'ended_at') }}
        end as scheduled_seconds
    from shifts
)

select
    shift_id,
    agent_id,
    coalesce(team, 'unknown') as team,
    coalesce(queue, 'unknown') as queue,
    scheduled_seconds,
    case
        when is_paid = false then 0 else coalesce(paid_seconds, scheduled_seconds)
    end as paid_seconds,
    _day as shift_date,
    started_at,
    ended_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from measured
