-- One row per kind and day of contacts or answers and customer, agent or product area seen in them.
{{ config(
    materialized='by_day', kind='kind', day='seen_date', storage='table',
    reads=['ticket', 'chat', 'call', 'response'],
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
)

select
    kind,
    seen_date,
    member_kind,
    member_id
from seen
where member_id is not null
