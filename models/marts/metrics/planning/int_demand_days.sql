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
        customer_id,
        contact_date,
        contact_medium,
        plan_group,
        sum(contact_count) as contact_count,
        min(first_started_at) as first_started_at
    from {{ ref('int_customer_days') }}
    where
        contact_date is not null
        and {{ in_days_around('contact_date', ['ticket'], back=31) }}
    group by customer_id, contact_date, contact_medium, plan_group
),

-- Looking back to the first of the month and never forward: a day is known on its own day.
placed as (
    select
        *,
        row_number() over (
            partition by customer_id, date_trunc('month', contact_date)
            order by first_started_at, contact_medium, plan_group
        ) as place,
        row_number() over (
            partition by customer_id, date_trunc('month', contact_date), contact_medium
            order by first_started_at, plan_group
        ) as place_in_medium,
        row_number() over (
            partition by customer_id, date_trunc('month', contact_date), plan_group
            order by first_started_at, contact_medium
        ) as place_in_plan
    from contacts
)

select
    plan_group,
    cast(sum(contact_count) as bigint) as contact_count,
    cast(sum(case when contact_medium = 'chat' then contact_count else 0 end) as bigint)
        as chat_request_count,
    cast(sum(case when customer_id is null then contact_count else 0 end) as bigint)
        as unknown_customer_count,
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
