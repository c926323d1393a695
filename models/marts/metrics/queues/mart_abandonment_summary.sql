-- One row per contact date, medium (voice or chat, never mixed), source, channel and country.
{{ config(
    materialized='by_day', day='contact_date', reads=['chat', 'call'],
    causes=['rows', 'attributes']
) }}

{%- set counts = [
    'offered_count', 'answered_count', 'abandoned_count', 'short_abandoned_count',
    'net_offered_count', 'net_abandoned_count', 'ivr_abandoned_count', 'callback_requested_count',
    'voicemail_count', 'out_of_hours_count', 'failed_count', 'bot_only_count',
    'unknown_outcome_count', 'ivr_entered_count', 'answered_wait_count',
    'answered_within_target_count', 'answered_within_300s_count', 'abandoned_within_target_count',
    'abandoned_after_target_count', 'service_level_offered_count', 'service_level_base_count',
] %}

with daily as (
    select * from {{ ref('mart_abandonment') }}
    where {{ in_run_days(none, 'contact_date', kind='chat') }}
),

counted as (
    {{ added_up(
        'daily',
        by=['contact_date', 'contact_medium', 'source', 'channel', 'country_code'],
        counts=counts,
        amounts=['answered_wait_seconds_sum'],
    ) }}
)

select
    contact_medium,
    source,
    channel,
    country_code,
    {%- for count in counts %}
    {{ count }},
    {%- endfor %}
    answered_wait_seconds_sum,
    {{ share_pct('net_abandoned_count', 'net_offered_count') }} as abandon_pct,
    {{ wilson_pct('net_abandoned_count', 'net_offered_count', 'low') }} as abandon_low_pct,
    {{ wilson_pct('net_abandoned_count', 'net_offered_count', 'high') }} as abandon_high_pct,
    {{ share_pct('abandoned_count', 'offered_count') }} as abandon_raw_pct,
    {{ share_pct('ivr_abandoned_count', 'ivr_entered_count') }} as ivr_abandon_pct,
    {{ wilson_pct('ivr_abandoned_count', 'ivr_entered_count', 'low') }} as ivr_abandon_low_pct,
    {{ wilson_pct('ivr_abandoned_count', 'ivr_entered_count', 'high') }} as ivr_abandon_high_pct,
    {{ share_pct('answered_within_target_count', 'service_level_base_count') }}
        as service_level_pct,
    {{ wilson_pct('answered_within_target_count', 'service_level_base_count', 'low') }}
        as service_level_low_pct,
    {{ wilson_pct('answered_within_target_count', 'service_level_base_count', 'high') }}
        as service_level_high_pct,
    {{ share_pct(
        '(answered_within_target_count + abandoned_within_target_count)',
        'service_level_offered_count'
    ) }} as service_level_icmi_1_pct,
    {{ share_pct('answered_within_target_count', 'answered_wait_count') }}
        as service_level_icmi_2_pct,
    {{ share_pct('answered_within_target_count', 'service_level_offered_count') }}
        as service_level_icmi_3_pct,
    {{ share_pct(
        'answered_within_target_count',
        '(answered_wait_count + abandoned_after_target_count)'
    ) }} as service_level_icmi_4_pct,
    {{ share_pct(
        '(answered_within_target_count + service_level_offered_count - service_level_base_count)',
        'service_level_offered_count'
    ) }} as service_level_icmi_5_pct,
    {{ share_pct('answered_within_300s_count', 'service_level_base_count') }}
        as answered_within_300s_pct,
    answered_wait_seconds_sum / nullif(answered_wait_count, 0) as speed_of_answer_avg_seconds,
    {{ is_reportable('net_offered_count') }} as is_reportable,
    contact_date
from counted
