-- One row per agent, delivered by an agent source or only seen in contacts; who left stays.
with agents as (
    select * from {{ ref('int_agents_versioned') }}
    where _disposition = 'accepted'
),

members as (
    select * from {{ ref('int_members_seen') }}
    where member_kind = 'agent'
),

seen as (
    select agent_id from agents
    union
    select member_id as agent_id from members
)

select
    seen.agent_id,
    coalesce(agents.team, 'unknown') as team,
    coalesce(agents.role, 'unknown') as role,
    agents.skills,
    coalesce(agents.is_bot, false) as is_bot,
    agents.agent_id is null as is_inferred,
    agents.hired_at,
    agents.left_at,
    agents._source,
    agents._load_date,
    agents._run_id
from seen
left join agents on seen.agent_id = agents.agent_id
