-- One row per contact date, contact type, source, channel, direction, industry, plan tier, segment
-- and product area.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'],
    follows={'help_session': [0, 1]}
) }}

{%- if not 1 <= var('search_window_hours') <= 24 %}
    {{ exceptions.raise_compiler_error(
        "Expected search_window_hours of 1 to 24, found " ~ var('search_window_hours')
    ) }}
{%- endif %}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        not is_spam
        and not is_deleted
        and not is_merged
        and not is_test
        and {{ in_run_days('contact_type', 'contact_date') }}
),

visits as (
    select
        customer_id,
        session_date,
        started_at
    from {{ ref('fct_self_service_sessions') }}
    where
        session_kind = 'help_session'
        and {{ in_days_around('session_date', ['ticket', 'chat', 'call'], back=1) }}
),

-- Where no help centre has delivered nobody can be seen to search.
searchable_dates as (
    select session_date as contact_date
    from visits
    union
    select cast({{ add_days('session_date', 1) }} as date) as contact_date
    from visits
),

searched as (
    select distinct contacts.contact_id
    from contacts
    inner join visits
        on
            contacts.customer_id = visits.customer_id
            and contacts.started_at >= visits.started_at
            and contacts.started_at
            <= visits.started_at + interval '{{ var("search_window_hours") }}' hour
    where contacts.is_customer_contact
),

reasons as (
    select * from {{ ref('contact_reasons') }}
),

joined as (
    select
        contacts.*,
        searched.contact_id is not null as is_searched,
        contacts.is_customer_contact
        and contacts.customer_id is not null
        and searchable_dates.contact_date is not null as is_searchable,
        contacts.is_customer_contact and (
            (contacts.is_repeat_measurable and not contacts.is_first_contact)
            or coalesce(contacts.reopen_count, 0) > 0
            or coalesce(reasons.is_failure_demand, false)
        ) as is_failure_demand
    from contacts
    left join searched on contacts.contact_id = searched.contact_id
    left join searchable_dates on contacts.contact_date = searchable_dates.contact_date
    left join reasons on contacts.reason = reasons.reason
),

counted as (
    select
        contact_date,
        contact_type,
        source,
        channel,
        direction,
        industry,
        plan_tier,
        segment,
        product_area,
        count(*) as contacts_count,
        count(case when is_customer_contact then 1 end) as customer_contacts_count,
        count(case when is_customer_contact and is_handled then 1 end) as handled_count,
        count(case when is_customer_contact and is_handled and is_resolved then 1 end)
            as resolved_count,
        count(case when is_customer_contact and contact_medium = 'chat' then 1 end)
            as chat_requests_count,
        count(case when direction = 'outbound' and parent_contact_id is null then 1 end)
            as proactive_contacts_count,
        count(case when is_customer_contact and preferred_channel <> 'unknown' then 1 end)
            as preferred_known_count,
        count(
            case
                when
                    is_customer_contact
                    and preferred_channel <> 'unknown'
                    and preferred_channel = channel then 1
            end
        ) as preferred_channel_match_count,
        count(case when is_failure_demand then 1 end) as failure_demand_count,
        count(case when is_searchable then 1 end) as searchable_count,
        count(case when is_searchable and is_searched then 1 end) as searched_before_count
    from joined
    group by
        contact_date, contact_type, source, channel, direction, industry, plan_tier, segment,
        product_area
)

select
    counted.contact_type,
    counted.source,
    counted.channel,
    counted.direction,
    counted.industry,
    counted.plan_tier,
    coalesce(tiers.plan_group, 'unknown') as plan_group,
    counted.segment,
    counted.product_area,
    counted.contacts_count,
    counted.customer_contacts_count,
    counted.handled_count,
    counted.resolved_count,
    counted.chat_requests_count,
    counted.proactive_contacts_count,
    counted.preferred_known_count,
    counted.preferred_channel_match_count,
    {{ share_pct('counted.preferred_channel_match_count', 'counted.preferred_known_count') }}
        as preferred_channel_match_pct,
    {{ wilson_pct(
        'counted.preferred_channel_match_count', 'counted.preferred_known_count', 'low'
    ) }}
        as preferred_channel_match_low_pct,
    {{ wilson_pct(
        'counted.preferred_channel_match_count', 'counted.preferred_known_count', 'high'
    ) }}
        as preferred_channel_match_high_pct,
    counted.failure_demand_count,
    {{ share_pct('counted.failure_demand_count', 'counted.customer_contacts_count') }}
        as failure_demand_pct,
    {{ wilson_pct('counted.failure_demand_count', 'counted.customer_contacts_count', 'low') }}
        as failure_demand_low_pct,
    {{ wilson_pct('counted.failure_demand_count', 'counted.customer_contacts_count', 'high') }}
        as failure_demand_high_pct,
    counted.searchable_count,
    counted.searched_before_count,
    {{ share_pct('counted.searched_before_count', 'counted.searchable_count') }}
        as searched_before_contact_pct,
    {{ wilson_pct('counted.searched_before_count', 'counted.searchable_count', 'low') }}
        as searched_before_contact_low_pct,
    {{ wilson_pct('counted.searched_before_count', 'counted.searchable_count', 'high') }}
        as searched_before_contact_high_pct,
    {{ is_reportable('counted.customer_contacts_count') }} as is_reportable,
    counted.contact_date
from counted
left join {{ ref('plan_tiers') }} as tiers on counted.plan_tier = tiers.plan_tier
