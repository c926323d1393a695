-- One row per call.
with calls as (
    select * from {{ ref('int_calls_versioned') }}
    where _disposition = 'accepted'
),

contacts as (
    select * from {{ ref('int_contacts_enriched') }}
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
