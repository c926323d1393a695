-- One row per ticket.
{{ config(
    materialized='by_day', day='contact_date', reads=['ticket'], causes=['rows', 'attributes'],
    stages=['tickets']
) }}

with tickets as (
    select * from {{ ref('int_tickets_versioned') }}
    where
        _disposition = 'accepted'
        and {{ in_run_days(none, reporting_date('created_at'), kind='ticket') }}
),

contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        contact_type = 'ticket'
        and {{ in_run_days(none, 'contact_date', kind='ticket') }}
)

select
    tickets.ticket_id,
    contacts.contact_id,
    tickets.customer_id,
    tickets.agent_id,
    contacts.channel,
    contacts.team,
    contacts.reason,
    contacts.product_area,
    tickets.priority,
    tickets.status,
    contacts.direction,
    tickets.parent_ticket_id,
    tickets.merged_into_ticket_id,
    tickets.agent_reply_count,
    tickets.customer_message_count,
    tickets.agent_count,
    tickets.solve_count,
    tickets.reopen_count,
    tickets.reassignment_count,
    {{ seconds_between('tickets.created_at', 'tickets.first_replied_at') }}
        as first_response_calendar_seconds,
    {{ seconds_between(
        'tickets.created_at', 'coalesce(tickets.first_solved_at, tickets.solved_at)'
    ) }} as first_resolution_calendar_seconds,
    {{ seconds_between('tickets.created_at', 'tickets.solved_at') }}
        as full_resolution_calendar_seconds,
    {{ seconds_between('tickets.created_at', 'tickets.closed_at') }} as close_calendar_seconds,
    tickets.promise_due_at,
    tickets.is_sla_met,
    contacts.is_customer_contact,
    contacts.is_spam,
    contacts.is_bot_only,
    contacts.contact_date,
    tickets.created_at,
    tickets.updated_at,
    tickets.first_replied_at,
    tickets.first_solved_at,
    tickets.solved_at,
    tickets.closed_at,
    tickets._source as source,
    tickets._source_file,
    tickets._row_number,
    tickets._load_date,
    tickets._run_id
from tickets
left join contacts on contacts.contact_id = 'ticket:' || tickets.ticket_id
