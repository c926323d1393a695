-- One row per kind and day of contact, agent, team, channel and reason: what people served.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call']
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        is_handled
        and agent_id is not null
        and {{ in_run_days('contact_type', 'contact_date') }}
)

select
    contact_type,
    contact_date,
    agent_id,
    team,
    channel,
    reason,
    count(*) as handled_count,
    count(case when is_fcr_eligible then 1 end) as contacts_count,
    count(case when is_fcr_eligible then handle_seconds end) as handle_count,
    -- Exact in decimals: a sum of doubles depends on the order of its rows.
    sum(case when is_fcr_eligible then cast(handle_seconds as decimal(18, 3)) end)
        as handle_seconds_sum,
    count(is_fcr_no_repeat) as fcr_no_repeat_base_count,
    count(case when is_fcr_no_repeat then 1 end) as fcr_no_repeat_count,
    count(
        case
            when is_fcr_eligible and contact_type = 'ticket' and is_resolved
                then agent_reply_count
        end
    ) as replies_base_count,
    sum(
        case
            when is_fcr_eligible and contact_type = 'ticket' and is_resolved
                then agent_reply_count
        end
    ) as replies_sum,
    count(case when is_fcr_eligible then previous_agent_id end) as returning_count,
    count(case when is_fcr_eligible and previous_agent_id = agent_id then 1 end)
        as same_agent_count
from contacts
group by contact_type, contact_date, agent_id, team, channel, reason
