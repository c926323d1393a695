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
    {{ abandonment_rates() }},
    {{ is_reportable('net_offered_count') }} as is_reportable,
    contact_date
from counted
