-- One row per contact date, medium (voice or chat, never mixed), queue, source, channel, country,
-- industry, plan tier, product area and team.
{{ config(
    materialized='by_day', day='contact_date', reads=['chat', 'call'],
    causes=['rows', 'attributes']
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        is_customer_contact
        and contact_type in ('chat', 'call')
        and {{ in_run_days(none, 'contact_date', kind='chat') }}
),

counted as (
    select
        contact_date,
        contact_medium,
        queue,
        source,
        channel,
        country_code,
        industry,
        plan_tier,
        product_area,
        team,
        count(case when is_offered then 1 end) as offered_count,
        count(case when outcome = 'answered' then 1 end) as answered_count,
        count(case when is_abandoned then 1 end) as abandoned_count,
        count(case when is_short_abandoned then 1 end) as short_abandoned_count,
        count(case when outcome = 'abandoned_in_ivr' then 1 end) as ivr_abandoned_count,
        count(case when outcome = 'callback_requested' then 1 end) as callback_requested_count,
        count(case when outcome = 'voicemail' then 1 end) as voicemail_count,
        count(case when outcome = 'out_of_hours' then 1 end) as out_of_hours_count,
        count(case when outcome = 'failed' then 1 end) as failed_count,
        count(case when outcome = 'bot_only' then 1 end) as bot_only_count,
        count(case when outcome = 'unknown' then 1 end) as unknown_outcome_count,
        -- Whose queue began after the call went through a menu before it, or was left in it.
        count(
            case
                when
                    contact_medium = 'voice'
                    and (outcome = 'abandoned_in_ivr' or queued_at > started_at)
                    then 1
            end
        ) as ivr_entered_count,
        count(case when outcome = 'answered' then wait_seconds end) as answered_wait_count,
        -- Exact in decimals: a sum of doubles depends on the order of its rows.
        cast(
            sum(case when outcome = 'answered' then cast(wait_seconds as decimal(18, 3)) end)
            as double
        ) as answered_wait_seconds_sum,
        count(case when outcome = 'answered' and wait_seconds <= answer_target_seconds then 1 end)
            as answered_within_target_count,
        count(case when outcome = 'answered' and wait_seconds <= 300 then 1 end)
            as answered_within_300s_count,
        count(case when is_abandoned and wait_seconds <= answer_target_seconds then 1 end)
            as left_within_target_count
    from contacts
    group by
        contact_date, contact_medium, queue, source, channel, country_code, industry, plan_tier,
        product_area, team
),

-- A source that gives no wait of any contact that it answered says nothing of service levels.
netted as (
    select
        *,
        offered_count - short_abandoned_count as net_offered_count,
        abandoned_count - short_abandoned_count as net_abandoned_count,
        sum(answered_count) over day_of_source = 0
        or sum(answered_wait_count) over day_of_source > 0 as is_wait_known
    from counted
    window day_of_source as (partition by contact_date, contact_medium, source)
),

measured as (
    select
        *,
        case when is_wait_known then left_within_target_count else 0 end
            as abandoned_within_target_count,
        case when is_wait_known then abandoned_count - left_within_target_count else 0 end
            as abandoned_after_target_count,
        case when is_wait_known then answered_wait_count + abandoned_count else 0 end
            as service_level_offered_count,
        case when is_wait_known then answered_wait_count + net_abandoned_count else 0 end
            as service_level_base_count
    from netted
)

select
    contact_medium,
    queue,
    source,
    channel,
    country_code,
    industry,
    plan_tier,
    product_area,
    team,
    offered_count,
    answered_count,
    abandoned_count,
    short_abandoned_count,
    net_offered_count,
    net_abandoned_count,
    ivr_abandoned_count,
    callback_requested_count,
    voicemail_count,
    out_of_hours_count,
    failed_count,
    bot_only_count,
    unknown_outcome_count,
    ivr_entered_count,
    answered_wait_count,
    answered_within_target_count,
    answered_within_300s_count,
    abandoned_within_target_count,
    abandoned_after_target_count,
    service_level_offered_count,
    service_level_base_count,
    answered_wait_seconds_sum,
    {{ abandonment_rates() }},
    {{ is_reportable('net_offered_count') }} as is_reportable,
    contact_date
from measured
