-- One row per customer, delivered by a customer source or only seen in contacts and surveys.
with customers as (
    select * from {{ ref('int_customers_versioned') }}
    where _disposition = 'accepted'
),

members as (
    select * from {{ ref('int_members_seen') }}
    where member_kind = 'customer'
),

-- A contact must find its customer even when the customer list never had it.
seen as (
    select customer_id from customers
    union
    select member_id as customer_id from members
)

select
    seen.customer_id,
    coalesce(customers.country_code, 'unknown') as country_code,
    coalesce(customers.industry, 'unknown') as industry,
    coalesce(customers.plan_tier, 'unknown') as plan_tier,
    coalesce(customers.segment, 'unknown') as segment,
    coalesce(customers.preferred_channel, 'unknown') as preferred_channel,
    customers.customer_id is null as is_inferred,
    coalesce(customers.is_test, false) as is_test,
    customers.is_vulnerable,
    customers.signed_up_at,
    customers.churned_at,
    customers._source,
    customers._load_date,
    customers._run_id
from seen
left join customers on seen.customer_id = customers.customer_id
