-- One row per kind and day of contacts, answers or invitations and customer, agent, product area
-- or question seen in them.
{{ config(
    materialized='by_day', kind='kind', day='seen_date', storage='table',
    reads=['ticket', 'chat', 'call', 'response', 'invitation'],
    causes=['rows', 'attributes', 'linked']
) }}

with contacts as (
    select * from {{ ref('int_contact_attempts') }}
    where {{ in_run_days('contact_type', 'contact_date') }}
),

answers as (
    select * from {{ ref('int_survey_responses_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='response') }}
),

invitations as (
    select * from {{ ref('int_survey_invitations_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='invitation') }}
),

seen as (
    select
        contact_type as kind,
        contact_date as seen_date,
        'customer' as member_kind,
        customer_id as member_id
    from contacts
    union
    select
        contact_type as kind,
        contact_date as seen_date,
        'agent' as member_kind,
        assigned_agent_id as member_id
    from contacts
    union
    select
        contact_type as kind,
        contact_date as seen_date,
        'product_area' as member_kind,
        product_area as member_id
    from contacts
    union
    select
        'response' as kind,
        _day as seen_date,
        'customer' as member_kind,
        customer_id as member_id
    from answers
    union
    select
        'response' as kind,
        _day as seen_date,
        'agent' as member_kind,
        agent_id as member_id
    from answers
    union
    select
        'response' as kind,
        _day as seen_date,
        'question' as member_kind,
        survey_type || ':' || scale_id || ':' || coalesce(question_key, 'overall') as member_id
    from answers
    union
    select
        'invitation' as kind,
        _day as seen_date,
        'customer' as member_kind,
        customer_id as member_id
    from invitations
)

select
    kind,
    seen_date,
    member_kind,
    member_id
from seen
where member_id is not null
