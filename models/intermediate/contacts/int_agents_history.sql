-- One row per agent and time from which its attributes held, the first from the beginning.
{{ config(materialized='compared', touches='agents') }}

with versions as (
    select
        *,
        coalesce(updated_at, cast(_load_date as timestamp)) as changed_at
    from {{ ref('int_agents_versioned') }}
    where _disposition <> 'quarantined'
),

-- Of several versions of one time the one counts that the verdict ranks first.
latest_of_time as (
    select
        *,
        row_number() over (
            partition by agent_id, changed_at
            order by
                _version desc nulls last,
                _load_date desc,
                _source desc,
                _source_table desc,
                _source_file desc,
                _row_number desc
        ) as place
    from versions
),

described as (
    select
        agent_id,
        team,
        changed_at,
        coalesce(team, '\0') as _signature
    from latest_of_time
    where place = 1
),

compared as (
    select
        agent_id,
        team,
        changed_at,
        lag(_signature) over (partition by agent_id order by changed_at) as previous_signature,
        _signature,
        min(changed_at) over (partition by agent_id) as first_changed_at
    from described
),

-- A version that changes nothing begins nothing.
changes as (
    select
        agent_id,
        team,
        case
            when changed_at = first_changed_at then timestamp '0001-01-01 00:00:00' else changed_at
        end as valid_from
    from compared
    where changed_at = first_changed_at or previous_signature is distinct from _signature
)

select
    agent_id,
    team,
    valid_from
from changes
