-- One row per chat.
{{ config(materialized='view', day='contact_date', of_kind='chat') }}

with chats as (
    select * from {{ ref('fct_contacts') }}
    where contact_type = 'chat'
)

select
    source_record_id as chat_id,
    contact_id,
    customer_id,
    agent_id,
    channel,
    queue,
    team,
    reason,
    product_area,
    country_code,
    direction,
    outcome,
    agent_reply_count,
    customer_message_count,
    agent_count,
    first_response_calendar_seconds,
    wait_seconds,
    handle_seconds,
    is_resolved,
    is_customer_contact,
    is_spam,
    is_bot_only,
    contact_date,
    started_at,
    queued_at,
    first_replied_at,
    ended_at,
    source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from chats
