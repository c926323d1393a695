-- One row per contact with its customer's attributes at the time, team and the flags that metrics
-- filter on.
with contacts as (
    select
        *,
        -- Who has no time has the present attributes.
        coalesce(started_at, timestamp '9999-01-01 00:00:00') as attributes_at
    from {{ ref('int_contacts_unioned') }}
),

customers as (
    select
        *,
        coalesce(
            lead(valid_from) over (partition by customer_id order by valid_from),
            timestamp '9999-12-31 00:00:00'
        ) as valid_to
    from {{ ref('int_customers_history') }}
),

agents as (
    select
        *,
        coalesce(
            lead(valid_from) over (partition by agent_id order by valid_from),
            timestamp '9999-12-31 00:00:00'
        ) as valid_to
    from {{ ref('int_agents_history') }}
),

queue_rules as (
    select * from {{ ref('queue_rules') }}
),

-- Left joins throughout: a contact whose customer or agent was never delivered still counts.
joined as (
    select
        contacts.contact_id,
        contacts.contact_type,
        contacts.contact_medium,
        contacts.source_record_id,
        contacts.customer_id,
        -- Who was assigned without taking part gets no credit and no blame.
        case when contacts.is_handled then contacts.agent_id end as agent_id,
        contacts.agent_id as assigned_agent_id,
        contacts.channel,
        coalesce(contacts.queue, 'unknown') as queue,
        coalesce(contacts.team, agents.team, 'unknown') as team,
        coalesce(contacts.reason, 'unknown') as reason,
        coalesce(contacts.product_area, 'unknown') as product_area,
        coalesce(customers.country_code, contacts.country_code, 'unknown') as country_code,
        coalesce(customers.industry, 'unknown') as industry,
        coalesce(customers.plan_tier, 'unknown') as plan_tier,
        coalesce(customers.segment, 'unknown') as segment,
        coalesce(customers.preferred_channel, 'unknown') as preferred_channel,
        contacts.direction,
        coalesce(contacts.outcome, 'unknown') as outcome,
        contacts.started_at,
        {{ reporting_date('contacts.started_at') }} as contact_date,
        contacts.queued_at,
        contacts.first_replied_at,
        contacts.first_resolved_at,
        contacts.resolved_at,
        contacts.ended_at,
        contacts.last_reopened_at,
        case when contacts.outcome in ('answered', 'abandoned') then contacts.wait_seconds end
            as wait_seconds,
        contacts.handle_seconds,
        contacts.agent_reply_count,
        contacts.customer_message_count,
        contacts.agent_count,
        contacts.solve_count,
        contacts.reopen_count,
        contacts.is_resolved,
        contacts.is_handled,
        contacts.is_bot_only,
        contacts.is_spam,
        contacts.is_deleted,
        contacts.is_level1_resolvable,
        contacts.merged_into_contact_id,
        contacts.parent_contact_id,
        coalesce(customers.is_test, false) as is_test,
        contacts.is_from_customer and not coalesce(customers.is_test, false) as is_customer_contact,
        coalesce(own_rule.short_abandon_seconds, any_rule.short_abandon_seconds, 0)
            as short_abandon_seconds,
        coalesce(own_rule.answer_target_seconds, any_rule.answer_target_seconds)
            as answer_target_seconds,
        contacts._source,
        contacts._source_file,
        contacts._row_number,
        contacts._load_date,
        contacts._run_id
    from contacts
    left join customers
        on
            contacts.customer_id = customers.customer_id
            and contacts.attributes_at >= customers.valid_from
            and contacts.attributes_at < customers.valid_to
    left join agents
        on
            contacts.agent_id = agents.agent_id
            and contacts.attributes_at >= agents.valid_from
            and contacts.attributes_at < agents.valid_to
    left join queue_rules as own_rule
        on
            contacts.contact_medium = own_rule.contact_medium
            and contacts.queue = own_rule.queue
    left join queue_rules as any_rule
        on
            contacts.contact_medium = any_rule.contact_medium
            and any_rule.queue = '*'
),

-- Offered to a queue means: a person waited for a person. The voice menu, call-backs,
-- voicemail, bots and closed hours are outcomes of their own and in no abandonment rate.
flagged as (
    select
        *,
        is_customer_contact
        and contact_medium in ('voice', 'chat')
        and outcome in ('answered', 'abandoned') as is_offered,
        is_customer_contact
        and contact_medium in ('voice', 'chat')
        and outcome = 'abandoned' as is_abandoned,
        is_customer_contact
        and contact_medium in ('voice', 'chat')
        and outcome = 'abandoned'
        and coalesce(wait_seconds >= 0 and wait_seconds < short_abandon_seconds, false)
            as is_short_abandoned,
        is_customer_contact and is_handled as is_fcr_eligible
    from joined
)

select * from flagged
