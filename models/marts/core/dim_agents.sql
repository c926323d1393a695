-- One row per agent, delivered by an agent source or only seen in contacts; who left stays.
with agents as (
    select * from {{ ref('int_agents_versioned') }}
    where _disposition = 'accepted'
),

contacts as (
    select * from {{ ref('int_contacts_enriched') }}
),

responses as (
    select * from {{ ref('int_survey_responses_enriched') }}
),

seen as (
    select agent_id from agents
    union
    select agent_id from contacts
    where agent_id is not null
    union
    select agent_id from responses
    where agent_id is not null
)

select
    seen.agent_id,
    coalesce(agents.team, 'unknown') as team,
    coalesce(agents.role, 'unknown') as role,
    coalesce(agents.is_bot, false) as is_bot,
    agents.agent_id is null as is_inferred,
    agents.hired_at,
    agents.left_at,
    agents._source,
    agents._load_date,
    agents._run_id
from seen
left join agents on seen.agent_id = agents.agent_id
