-- One row per call.
{{ config(
    materialized='by_day', day='contact_date', reads=['call'], causes=['rows', 'attributes'],
    stages=['calls']
) }}

with calls as (
    select * from {{ ref('int_calls_versioned') }}
    where
        _disposition = 'accepted'
        and {{ in_run_days(none, reporting_date('started_at'), kind='call') }}
),

contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        contact_type = 'call'
        and {{ in_run_days(none, 'contact_date', kind='call') }}
)

select
    calls.call_id,
    contacts.contact_id,
    calls.customer_id,
    calls.agent_id,
    contacts.channel,
    contacts.queue,
    contacts.team,
    contacts.reason,
    contacts.product_area,
    contacts.country_code,
    contacts.direction,
    calls.outcome,
    calls.transfer_count,
    contacts.wait_seconds,
    calls.talk_seconds,
    calls.hold_seconds,
    calls.wrap_up_seconds,
    contacts.handle_seconds,
    calls.is_resolved,
    contacts.is_customer_contact,
    contacts.contact_date,
    calls.started_at,
    calls.queued_at,
    calls.answered_at,
    calls.ended_at,
    calls._source as source,
    calls._source_file,
    calls._row_number,
    calls._load_date,
    calls._run_id
from calls
left join contacts on contacts.contact_id = 'call:' || calls.call_id
