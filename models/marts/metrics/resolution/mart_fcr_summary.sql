-- One row per contact date, contact type, source, channel and country.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date', reads=['ticket', 'chat', 'call']
) }}

{%- set variants = [
    'no_repeat', 'net', 'one_touch', 'single_customer_message',
    'closed_once_one_teammate', 'no_reopen', 'survey',
] %}
{%- set counts = [
    'eligible_count', 'repeat_contacts_count', 'immature_count', 'not_measurable_count',
    'non_fcr_count', 'fcr_self_servable_count', 'reopened_after_one_touch_count',
] %}
{%- for variant in variants %}
{%- do counts.extend(['fcr_' ~ variant ~ '_base_count', 'fcr_' ~ variant ~ '_count']) %}
{%- endfor %}

with daily as (
    select * from {{ ref('mart_fcr') }}
    where {{ in_run_days('contact_type', 'contact_date') }}
),

counted as (
    {{ added_up(
        'daily',
        by=['contact_date', 'contact_type', 'source', 'channel', 'country_code'],
        counts=counts,
    ) }}
)

select
    contact_type,
    source,
    channel,
    country_code,
    eligible_count,
    repeat_contacts_count,
    immature_count,
    not_measurable_count,
    non_fcr_count,
    fcr_self_servable_count,
    reopened_after_one_touch_count,
    {%- for variant in variants %}
    {%- set count = 'fcr_' ~ variant ~ '_count' %}
    {%- set base = 'fcr_' ~ variant ~ '_base_count' %}
    {{ base }},
    {{ count }},
    {{ share_pct(count, base) }} as fcr_{{ variant }}_pct,
    {{ wilson_pct(count, base, 'low') }} as fcr_{{ variant }}_low_pct,
    {{ wilson_pct(count, base, 'high') }} as fcr_{{ variant }}_high_pct,
    {%- endfor %}
    {{ is_reportable('fcr_no_repeat_base_count') }} as is_reportable,
    contact_date
from counted
