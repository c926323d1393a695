-- One row per contact: does it open an issue, did the customer come back about it in time, and who
-- had served the customer before.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['repeat', 'mature'], context='window'
) }}

{%- set kept = [
    'contact_id', 'contact_type', 'source', 'contact_date', 'started_at', 'is_fcr_eligible',
    'is_measurable', 'parent_contact_id', 'previous_started_at', 'next_started_at',
] %}

with contacts as (
    select
        *,
        {{ in_run_days(none, 'contact_date', kind='any') }} as is_worked_on,
        -- Only a known customer with a known reason and time can be seen to come back.
        coalesce(
            is_customer_contact
            and customer_id is not null
            and reason <> 'unknown'
            and started_at is not null,
            false
        ) as is_measurable,
        is_fcr_eligible and customer_id is not null and started_at is not null as is_served
    from {{ ref('int_contact_attempts') }}
    where {{ in_run_days('contact_type', 'contact_date', list='context') }}
),

stretches as (
    {{ stretches('contacts') }}
),

looked_at as (
    select
        contacts.*,
        stretches.stretch,
        stretches.is_after,
        stretches.is_before
    from contacts
    inner join stretches on contacts.contact_date = stretches.contact_date
    where not contacts.is_worked_on
),

-- The first attempt and the last handled one of a customer and reason.
around as (
    select
        customer_id,
        reason,
        min(case when is_after then started_at end) as first_started_at,
        max(case when is_before and is_fcr_eligible then started_at end) as last_handled_at
    from looked_at
    where is_measurable
    group by customer_id, reason, stretch
),

measurable as (
    select
        contact_id,
        contact_type,
        source,
        customer_id,
        reason,
        serving_agent_id,
        contact_date,
        started_at,
        is_fcr_eligible,
        is_served,
        parent_contact_id
    from contacts
    where is_worked_on and is_measurable
    {%- for column, is_handled in (('first_started_at', 'false'), ('last_handled_at', 'true')) %}

    union all

    select
        cast(null as {{ dbt.type_string() }}) as contact_id,
        cast(null as {{ dbt.type_string() }}) as contact_type,
        cast(null as {{ dbt.type_string() }}) as source,
        customer_id,
        reason,
        cast(null as {{ dbt.type_string() }}) as serving_agent_id,
        cast(null as date) as contact_date,
        {{ column }} as started_at,
        {{ is_handled }} as is_fcr_eligible,
        false as is_served,
        cast(null as {{ dbt.type_string() }}) as parent_contact_id
    from around
    where {{ column }} is not null
    {%- endfor %}
),

-- Looking back counts only handled contacts: after an abandoned call the next one is the first
-- that could have solved anything. Looking forward counts every attempt of the customer.
ordered as (
    select
        *,
        true as is_measurable,
        {{ lag_known(
            'case when is_fcr_eligible then started_at end',
            'partition by customer_id, reason order by started_at, contact_id'
        ) }} as previous_started_at,
        lead(started_at) over (
            partition by customer_id, reason order by started_at, contact_id
        ) as next_started_at
    from measurable

    union all

    select
        contact_id,
        contact_type,
        source,
        customer_id,
        reason,
        serving_agent_id,
        contact_date,
        started_at,
        is_fcr_eligible,
        is_served,
        parent_contact_id,
        false as is_measurable,
        cast(null as timestamp) as previous_started_at,
        cast(null as timestamp) as next_started_at
    from contacts
    where is_worked_on and not is_measurable
),

-- Whoever served the customer last, on whatever reason and channel.
last_served as (
    select
        customer_id,
        stretch,
        max(started_at) as started_at
    from looked_at
    where is_before and is_served and serving_agent_id is not null
    group by customer_id, stretch
),

asked as (
    select
        {{ kept | join(',\n        ') }},
        customer_id,
        serving_agent_id
    from ordered
    where is_served

    union all

    select
        looked_at.contact_id,
        looked_at.contact_type,
        looked_at.source,
        looked_at.contact_date,
        looked_at.started_at,
        looked_at.is_fcr_eligible,
        looked_at.is_measurable,
        looked_at.parent_contact_id,
        cast(null as timestamp) as previous_started_at,
        cast(null as timestamp) as next_started_at,
        looked_at.customer_id,
        looked_at.serving_agent_id
    from looked_at
    inner join last_served
        on
            looked_at.customer_id = last_served.customer_id
            and looked_at.stretch = last_served.stretch
            and looked_at.started_at = last_served.started_at
    where looked_at.is_served and looked_at.serving_agent_id is not null
),

served as (
    {%- set before = 'partition by customer_id order by started_at, contact_id' %}
    select
        {{ kept | join(',\n        ') }},
        {{ lag_known('serving_agent_id', before) }} as previous_agent_id,
        {{ lag_known('case when serving_agent_id is not null then started_at end', before) }}
            as previous_served_at
    from asked

    union all

    select
        {{ kept | join(',\n        ') }},
        cast(null as {{ dbt.type_string() }}) as previous_agent_id,
        cast(null as timestamp) as previous_served_at
    from ordered
    where contact_id is not null and not is_served
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
        and parents.is_worked_on
    group by parents.contact_id
),

returned as (
    select
        served.contact_id,
        served.contact_type,
        served.source,
        served.contact_date,
        served.started_at,
        served.is_measurable and served.is_fcr_eligible as is_repeat_measurable,
        served.is_measurable
        and served.is_fcr_eligible
        and coalesce(
            served.previous_started_at
            < {{ add_days('served.started_at', '-' ~ var('fcr_window_days')) }},
            true
        )
        and served.parent_contact_id is null as is_first_contact,
        least(
            coalesce(served.next_started_at, follow_ups.follow_up_started_at),
            coalesce(follow_ups.follow_up_started_at, served.next_started_at)
        ) as returned_at,
        -- Within the window that a changed contact is followed for.
        case
            when
                served.previous_served_at
                >= {{ add_days('served.started_at', '-' ~ var('fcr_window_days')) }}
                then served.previous_agent_id
        end as previous_agent_id
    from served
    left join follow_ups on served.contact_id = follow_ups.contact_id
    where {{ in_run_days('served.contact_type', 'served.contact_date') }}
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
