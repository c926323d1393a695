-- One row per contact day and type, rating scale, industry, handle time, whether it was solved at
-- once and whether the answer is satisfied: answers about contacts with a known handle time.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'],
    causes=['rows', 'attributes', 'repeat', 'mature', 'rated']
) }}

with answers as (
    select * from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'csat'
        and is_counted
        and is_headline
        and {{ in_run_days("split_part(contact_id, ':', 1)", 'contact_date') }}
),

contacts as (
    select * from {{ ref('fct_contacts') }}
    where handle_seconds is not null and {{ in_run_days('contact_type', 'contact_date') }}
)

select
    contacts.contact_type,
    contacts.contact_date,
    answers.scale_id,
    contacts.industry,
    contacts.handle_seconds,
    case
        when contacts.is_fcr_no_repeat then 'at_once'
        when not contacts.is_fcr_no_repeat then 'not_at_once'
        else 'not_known'
    end as fcr_flag,
    answers.is_positive,
    count(*) as answers_count
from answers
inner join contacts on answers.contact_id = contacts.contact_id
group by
    contacts.contact_type, contacts.contact_date, answers.scale_id, contacts.industry,
    contacts.handle_seconds, contacts.is_fcr_no_repeat, answers.is_positive
