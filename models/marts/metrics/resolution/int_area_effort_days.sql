-- One row per contact day, source, product area and hours from a ticket to its first solve: what
-- contacts cost the customer and the agent.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', storage='table', reads=['ticket', 'chat', 'call']
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where is_customer_contact and {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

calls as (
    select
        contact_id,
        transfer_count
    from {{ ref('fct_calls') }}
    where {{ in_run_days(none, 'contact_date', kind='call') }}
),

reasons as (
    select * from {{ ref('contact_reasons') }}
),

joined as (
    select
        contacts.*,
        -- Whole hours add up, so that the median of a month needs no ticket to be read again.
        case
            when contacts.contact_type = 'ticket' and contacts.first_resolved_at is not null
                then
                    cast(floor(
                        {{ seconds_between('contacts.started_at', 'contacts.first_resolved_at') }}
                        / 3600
                    ) as bigint)
        end as resolution_hours,
        case
            when contacts.contact_type = 'call' then calls.transfer_count
            when contacts.agent_count > 0 then contacts.agent_count - 1
        end as transfer_count,
        case
            when contacts.contact_type = 'ticket' and contacts.is_handled
                then contacts.agent_reply_count
        end as reply_count,
        reasons.is_self_servable
    from contacts
    left join calls on contacts.contact_id = calls.contact_id
    left join reasons on contacts.reason = reasons.reason
)

select
    source,
    product_area,
    resolution_hours,
    count(*) as contact_count,
    count(case when contact_type = 'ticket' then 1 end) as ticket_count,
    count(reply_count) as replied_base_count,
    coalesce(cast(sum(reply_count) as bigint), 0) as reply_count,
    count(case when is_handled then transfer_count end) as transfer_base_count,
    coalesce(cast(sum(case when is_handled then transfer_count end) as bigint), 0)
        as transfer_count,
    count(case when is_repeat_measurable then 1 end) as repeat_base_count,
    count(case when is_repeat_measurable and not is_first_contact then 1 end) as repeat_count,
    count(is_self_servable) as self_servable_base_count,
    count(case when is_self_servable then 1 end) as self_servable_count,
    contact_date
from joined
group by source, product_area, resolution_hours, contact_date
