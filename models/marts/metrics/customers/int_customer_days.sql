-- One row per contact day, customer, channel, contact medium and plan group: what people ask for
-- and how it went; customers whom nobody knows are one.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', reads=['ticket', 'chat', 'call']
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where is_customer_contact and {{ in_run_days('contact_type', 'contact_date') }}
),

tiers as (
    select * from {{ ref('plan_tiers') }}
)

select
    contacts.contact_date,
    contacts.customer_id,
    contacts.channel,
    contacts.contact_medium,
    coalesce(tiers.plan_group, 'unknown') as plan_group,
    count(*) as contact_count,
    count(case when contacts.is_handled then 1 end) as handled_count,
    count(case when contacts.is_abandoned then 1 end) as abandoned_count,
    count(contacts.is_fcr_no_repeat) as fcr_no_repeat_base_count,
    count(case when contacts.is_fcr_no_repeat then 1 end) as fcr_no_repeat_count,
    min(contacts.started_at) as first_started_at
from contacts
left join tiers on contacts.plan_tier = tiers.plan_tier
group by
    contacts.contact_date, contacts.customer_id, contacts.channel, contacts.contact_medium,
    coalesce(tiers.plan_group, 'unknown')
