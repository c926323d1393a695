-- One row per contact day, customer, channel, contact medium and plan group: what people ask for
-- and how it went; customers whom nobody knows are one.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call']
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where is_customer_contact and {{ in_run_days('contact_type', 'contact_date') }}
),

tiers as (
    select * from {{ ref('plan_tiers') }}
)

select
    contacts.contact_type,
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
    count(case when contacts.is_offered then 1 end) as offered_count,
    count(case when contacts.is_offered then contacts.wait_seconds end) as wait_count,
    max(case when contacts.is_offered then contacts.wait_seconds end) as wait_seconds_max,
    -- Exact in decimals: a sum of doubles depends on the order of its rows.
    sum(case when contacts.is_offered then cast(contacts.wait_seconds as decimal(18, 3)) end)
        as wait_seconds_sum,
    count(case when contacts.is_handled then contacts.handle_seconds end) as handle_time_count,
    sum(case when contacts.is_handled then cast(contacts.handle_seconds as decimal(18, 3)) end)
        as handle_seconds_sum,
    min(contacts.started_at) as first_started_at
from contacts
left join tiers on contacts.plan_tier = tiers.plan_tier
group by
    contacts.contact_type, contacts.contact_date, contacts.customer_id, contacts.channel,
    contacts.contact_medium, coalesce(tiers.plan_group, 'unknown')
