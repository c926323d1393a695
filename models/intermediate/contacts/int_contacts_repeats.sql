-- One row per contact: does it open an issue, did the customer come back about it in time, and who
-- had served the customer before.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['repeat', 'mature'], context='window'
) }}

with contacts as (
    select * from {{ ref('int_contact_attempts') }}
    where {{ in_run_days('contact_type', 'contact_date', list='context') }}
),

-- Only a known customer with a known reason and time can be seen to come back.
-- Looking back counts only handled contacts: after an abandoned call the next one is the first
-- that could have solved anything. Looking forward counts every attempt of the customer.
ordered as (
    select
        contact_id,
        contact_type,
        source,
        contact_date,
        started_at,
        is_fcr_eligible,
        parent_contact_id,
        true as is_measurable,
        max(case when is_fcr_eligible then started_at end) over (
            partition by customer_id, reason
            order by started_at, contact_id
            rows between unbounded preceding and 1 preceding
        ) as previous_started_at,
        lead(started_at) over (
            partition by customer_id, reason order by started_at, contact_id
        ) as next_started_at
    from contacts
    where
        is_customer_contact
        and customer_id is not null
        and reason <> 'unknown'
        and started_at is not null

    union all

    select
        contact_id,
        contact_type,
        source,
        contact_date,
        started_at,
        is_fcr_eligible,
        parent_contact_id,
        false as is_measurable,
        cast(null as timestamp) as previous_started_at,
        cast(null as timestamp) as next_started_at
    from contacts
    where
        not (
            is_customer_contact
            and customer_id is not null
            and reason <> 'unknown'
            and started_at is not null
        )
),

-- A follow-up is a repeat of its parent whatever its reason.
follow_ups as (
    select
        parents.contact_id,
        min(children.started_at) as follow_up_started_at
    from contacts as children
    inner join contacts as parents on children.parent_contact_id = parents.contact_id
    where
        children.parent_contact_id is not null
        and children.is_customer_contact
        and children.started_at >= parents.started_at
    group by parents.contact_id
),

-- Whoever served the customer last, on whatever reason and channel.
served as (
    {%- set before = 'partition by customer_id order by started_at, contact_id' %}
    select
        contact_id,
        started_at,
        {{ lag_known('serving_agent_id', before) }} as previous_agent_id,
        {{ lag_known('case when serving_agent_id is not null then started_at end', before) }}
            as previous_served_at
    from contacts
    where is_fcr_eligible and customer_id is not null and started_at is not null
),

-- Within the window that a changed contact is followed for.
known as (
    select
        contact_id,
        previous_agent_id
    from served
    where previous_served_at >= {{ add_days('started_at', '-' ~ var('fcr_window_days')) }}
),

returned as (
    select
        ordered.contact_id,
        ordered.contact_type,
        ordered.source,
        ordered.contact_date,
        ordered.started_at,
        ordered.is_measurable and ordered.is_fcr_eligible as is_repeat_measurable,
        ordered.is_measurable
        and ordered.is_fcr_eligible
        and coalesce(
            ordered.previous_started_at
            < {{ add_days('ordered.started_at', '-' ~ var('fcr_window_days')) }},
            true
        )
        and ordered.parent_contact_id is null as is_first_contact,
        least(
            coalesce(ordered.next_started_at, follow_ups.follow_up_started_at),
            coalesce(follow_ups.follow_up_started_at, ordered.next_started_at)
        ) as returned_at,
        known.previous_agent_id
    from ordered
    left join known on ordered.contact_id = known.contact_id
    left join follow_ups on ordered.contact_id = follow_ups.contact_id
    where {{ in_run_days('ordered.contact_type', 'ordered.contact_date') }}
),

horizons as (
    select * from {{ ref('int_source_horizons') }}
)

-- A return after the window is another issue: it would make every day depend on all later ones.
-- And it shows when the window is over and not before: else every new day would write the whole
-- window before it anew.
select
    returned.contact_id,
    returned.contact_type,
    returned.contact_date,
    returned.is_repeat_measurable,
    returned.is_first_contact,
    case
        when
            returned.returned_at
            <= {{ add_days('returned.started_at', var('fcr_window_days')) }}
            and {{ add_days('returned.started_at', var('fcr_window_days')) }}
            <= horizons.seen_until
            then returned.returned_at
    end as repeated_at,
    returned.previous_agent_id
from returned
left join horizons on returned.source = horizons.source
