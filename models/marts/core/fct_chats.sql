-- One row per chat.
with chats as (
    select * from {{ ref('int_chats_versioned') }}
    where _disposition = 'accepted'
),

contacts as (
    select * from {{ ref('int_contacts_enriched') }}
)

select
    chats.chat_id,
    contacts.contact_id,
    chats.customer_id,
    chats.agent_id,
    contacts.channel,
    contacts.queue,
    contacts.team,
    contacts.reason,
    contacts.product_area,
    contacts.country_code,
    contacts.direction,
    chats.outcome,
    chats.agent_reply_count,
    chats.customer_message_count,
    chats.agent_count,
    {{ seconds_between('chats.started_at', 'chats.first_replied_at') }}
        as first_response_calendar_seconds,
    contacts.wait_seconds,
    contacts.handle_seconds,
    chats.is_resolved,
    contacts.is_customer_contact,
    contacts.is_spam,
    contacts.is_bot_only,
    contacts.contact_date,
    chats.started_at,
    chats.queued_at,
    chats.first_replied_at,
    chats.ended_at,
    chats._source as source,
    chats._source_file,
    chats._row_number,
    chats._load_date,
    chats._run_id
from chats
left join contacts on contacts.contact_id = 'chat:' || chats.chat_id
