-- One row per contact day and plan group: contacts, and customers who make contact, or ask for
-- chat, for the first time in the month. Over the days of a month they add up to its customers.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', storage='table',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes'],
    follows={'ticket': [0, 31], 'chat': [0, 31], 'call': [0, 31]}
) }}

with contacts as (
    select
        contacts.contact_id,
        contacts.customer_id,
        contacts.started_at,
        contacts.contact_date,
        contacts.contact_medium,
        coalesce(tiers.plan_group, 'unknown') as plan_group
    from {{ ref('fct_contacts') }} as contacts
    left join {{ ref('plan_tiers') }} as tiers on contacts.plan_tier = tiers.plan_tier
    where
        contacts.is_customer_contact
        and contacts.contact_date is not null
        and {{ in_days_around('contacts.contact_date', ['ticket'], back=31) }}
),

-- Looking back to the first of the month and never forward: a day is known on its own day.
placed as (
    select
        *,
        row_number() over (
            partition by customer_id, date_trunc('month', contact_date)
            order by started_at, contact_id
        ) as place,
        row_number() over (
            partition by customer_id, date_trunc('month', contact_date), contact_medium
            order by started_at, contact_id
        ) as place_in_medium,
        row_number() over (
            partition by customer_id, date_trunc('month', contact_date), plan_group
            order by started_at, contact_id
        ) as place_in_plan
    from contacts
)

select
    plan_group,
    count(*) as contact_count,
    count(case when contact_medium = 'chat' then 1 end) as chat_request_count,
    count(case when customer_id is null then 1 end) as unknown_customer_count,
    count(case when customer_id is not null and place = 1 then 1 end) as new_customer_count,
    count(case when customer_id is not null and place_in_plan = 1 then 1 end)
        as new_customer_in_plan_count,
    count(
        case
            when customer_id is not null and contact_medium = 'chat' and place_in_medium = 1 then 1
        end
    ) as new_chat_customer_count,
    contact_date
from placed
where {{ in_run_days(none, 'contact_date', kind='ticket') }}
group by plan_group, contact_date
