-- One row per valid answer about satisfaction that credits an agent.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='response_date', reads=['response'], context='contacts'
) }}

with answers as (
    select * from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'csat'
        and is_counted
        and is_headline
        and {{ in_run_days(none, 'response_date', kind='response') }}
),

replies as (
    select
        'ticket:' || ticket_id as contact_id,
        agent_id,
        event_number,
        occurred_at
    from {{ ref('fct_ticket_events') }}
    where
        is_human_reply
        and agent_id is not null
        and {{ in_run_days(none, 'contact_date', kind='ticket', list='context') }}
),

-- In the order of the log: several entries in one second are common.
last_replies as (
    select
        answers.response_id,
        replies.agent_id,
        row_number() over (
            partition by answers.response_id order by replies.event_number desc
        ) as place
    from answers
    inner join replies
        on
            answers.contact_id = replies.contact_id
            and answers.sent_at >= replies.occurred_at
)

select
    answers.response_id,
    coalesce(last_replies.agent_id, answers.agent_id) as agent_id,
    answers.channel,
    answers.reason,
    answers.scale_id,
    answers.is_positive,
    answers.response_date
from answers
left join last_replies
    on
        answers.response_id = last_replies.response_id
        and last_replies.place = 1
where coalesce(last_replies.agent_id, answers.agent_id) is not null
