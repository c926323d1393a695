-- One row per stretch of time that an agent spent in one status.
{{ config(materialized='by_day', day='status_date', reads=['agent_status']) }}

with statuses as (
    select * from {{ ref('int_agent_status_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='agent_status') }}
)

select
    status_id,
    agent_id,
    coalesce(status, 'unknown') as status,
    coalesce(channel, 'unknown') as channel,
    -- An end before the begin is a wrong clock and no time at all.
    case
        when ended_at >= started_at then {{ seconds_between('started_at', 'ended_at') }}
    end as status_seconds,
    _day as status_date,
    started_at,
    ended_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from statuses
