-- One row per contact with what its customer's other contacts need to know of it.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes'],
    stages=['tickets', 'chats', 'calls'], touches='attempts'
) }}

-- After all verdicts: a table of them that is new has everything built anew, and what was built
-- before it a second time, which nobody who follows this table would notice.
-- depends_on: {{ ref('int_lake_counts') }}

with contacts as (
    select
        *,
        {{ reporting_date('started_at') }} as contact_date
    from {{ ref('int_contacts_unioned') }}
),

-- Few, and of no other interest here: joining all attributes would cost more than the rest.
test_customers as (
    select distinct customer_id
    from {{ ref('int_customers_history') }}
    where is_test
)

select
    contacts.contact_id,
    contacts.contact_type,
    contacts._source as source,
    contacts.customer_id,
    contacts.agent_id as assigned_agent_id,
    -- Whom a ticket of many days ends with shows only weeks later, and would change what all later
    -- contacts of the customer know: who served is who was done within a day.
    case
        when
            contacts.contact_type <> 'ticket'
            or contacts.first_resolved_at <= {{ add_days('contacts.started_at', 1) }}
            then contacts.agent_id
    end as serving_agent_id,
    coalesce(contacts.product_area, 'unknown') as product_area,
    coalesce(contacts.reason, 'unknown') as reason,
    contacts.started_at,
    contacts.is_from_customer and test_customers.customer_id is null as is_customer_contact,
    contacts.is_from_customer
    and test_customers.customer_id is null
    and contacts.is_handled as is_fcr_eligible,
    -- Whether a ticket ends solved shows only weeks later, too; of chats and calls at once.
    case
        when contacts.contact_type <> 'ticket'
            then
                contacts.is_from_customer
                and test_customers.customer_id is null
                and contacts.is_handled
                and coalesce(contacts.is_resolved, true)
    end as is_resolved_contact,
    contacts.parent_contact_id,
    contacts.contact_date
from contacts
left join test_customers on contacts.customer_id = test_customers.customer_id
where {{ in_run_days('contacts.contact_type', 'contacts.contact_date') }}
