{{ config(meta={'dagster': {'ref': {'name': 'fct_contacts'}}}) }}
-- Every accepted row is a fact once: an inner join somewhere between would lose rows in silence.
with accepted as (
    select
        'ticket' as contact_type,
        count(*) as accepted_count
    from {{ ref('int_tickets_versioned') }}
    where _disposition = 'accepted'
    union all
    select
        'chat' as contact_type,
        count(*) as accepted_count
    from {{ ref('int_chats_versioned') }}
    where _disposition = 'accepted'
    union all
    select
        'call' as contact_type,
        count(*) as accepted_count
    from {{ ref('int_calls_versioned') }}
    where _disposition = 'accepted'
),

facts as (
    select
        contact_type,
        count(*) as fact_count
    from {{ ref('fct_contacts') }}
    group by contact_type
),

details as (
    select
        'ticket' as contact_type,
        count(*) as detail_count
    from {{ ref('fct_tickets') }}
    union all
    select
        'chat' as contact_type,
        count(*) as detail_count
    from {{ ref('fct_chats') }}
    union all
    select
        'call' as contact_type,
        count(*) as detail_count
    from {{ ref('fct_calls') }}
)

select
    accepted.contact_type,
    accepted.accepted_count,
    facts.fact_count,
    details.detail_count
from accepted
left join facts on accepted.contact_type = facts.contact_type
left join details on accepted.contact_type = details.contact_type
where
    accepted.accepted_count <> coalesce(facts.fact_count, 0)
    or accepted.accepted_count <> details.detail_count
