-- One row per contact with what its customer's other contacts need to know of it.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes'],
    stages=['tickets', 'chats', 'calls'], touches='repeats'
) }}

select
    contact_id,
    contact_type,
    customer_id,
    assigned_agent_id,
    product_area,
    reason,
    started_at,
    is_customer_contact,
    is_fcr_eligible,
    parent_contact_id,
    contact_date
from {{ ref('int_contacts_enriched') }}
where {{ in_run_days('contact_type', 'contact_date') }}
