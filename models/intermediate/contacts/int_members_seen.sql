-- One row per kind and day of contacts, answers, invitations or sessions and customer, agent,
-- product area or question seen in them.
{{ config(
    materialized='by_day', kind='kind', day='seen_date', storage='table',
    reads=['ticket', 'chat', 'call', 'response', 'invitation', 'bot_session', 'help_session'],
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

bot_sessions as (
    select * from {{ ref('int_bot_sessions_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='bot_session') }}
),

help_sessions as (
    select * from {{ ref('int_help_sessions_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='help_session') }}
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
    union
    select
        'bot_session' as kind,
        _day as seen_date,
        'customer' as member_kind,
        customer_id as member_id
    from bot_sessions
    union
    select
        'help_session' as kind,
        _day as seen_date,
        'customer' as member_kind,
        customer_id as member_id
    from help_sessions
)

select
    kind,
    seen_date,
    member_kind,
    member_id
from seen
where member_id is not null
