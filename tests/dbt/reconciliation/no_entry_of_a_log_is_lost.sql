{{ config(meta={'dagster': {'ref': {'name': 'fct_ticket_events'}}}) }}
-- Accepted entries = entries in the fact + entries whose ticket was not delivered (yet).
with accepted as (
    select
        events.event_id,
        tickets.ticket_id
    from {{ ref('int_ticket_events_versioned') }} as events
    left join {{ ref('int_tickets_verdicts') }} as tickets
        on events.ticket_id = tickets.ticket_id and tickets._disposition = 'accepted'
    where events._disposition = 'accepted' and {{ in_tested_days('tickets._day') }}
),

facts as (
    select event_id from {{ ref('fct_ticket_events') }}
    where {{ in_tested_days('contact_date') }}
)

select
    accepted.event_id,
    accepted.ticket_id
from accepted
left join facts on accepted.event_id = facts.event_id
where accepted.ticket_id is not null and facts.event_id is null
