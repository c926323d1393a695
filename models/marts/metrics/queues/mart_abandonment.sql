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
        count(case when outcome = 'answered' then wait_seconds end) as answered_wait_count,
        -- Exact in decimals: a sum of doubles depends on the order of its rows.
        cast(
            sum(case when outcome = 'answered' then cast(wait_seconds as decimal(18, 3)) end)
            as double
        ) as answered_wait_seconds_sum,
        count(case when outcome = 'answered' and wait_seconds <= answer_target_seconds then 1 end)
            as answered_within_target_count
    from contacts
    group by
        contact_date, contact_medium, queue, source, channel, country_code, industry, plan_tier,
        product_area, team
),

netted as (
    select
        *,
        offered_count - short_abandoned_count as net_offered_count,
        abandoned_count - short_abandoned_count as net_abandoned_count
    from counted
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
    answered_wait_count,
    answered_within_target_count,
    answered_wait_seconds_sum,
    {{ share_pct('net_abandoned_count', 'net_offered_count') }} as abandon_pct,
    {{ wilson_pct('net_abandoned_count', 'net_offered_count', 'low') }} as abandon_low_pct,
    {{ wilson_pct('net_abandoned_count', 'net_offered_count', 'high') }} as abandon_high_pct,
    {{ share_pct('abandoned_count', 'offered_count') }} as abandon_raw_pct,
    answered_wait_seconds_sum / nullif(answered_wait_count, 0) as speed_of_answer_avg_seconds,
    {{ is_reportable('net_offered_count') }} as is_reportable,
    contact_date
from netted
