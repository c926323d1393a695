-- One row per contact date, medium (voice or chat, never mixed), queue, source, channel, country,
-- industry, plan tier, product area and team; contacts that people answered.
{{ config(
    materialized='by_day', day='contact_date', reads=['chat', 'call'],
    causes=['rows', 'attributes'], follows={'chat': [1, 1]}
) }}

{%- set attributes = [
    'contact_date', 'contact_medium', 'queue', 'source', 'channel', 'country_code', 'industry',
    'plan_tier', 'product_area', 'team',
] %}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        is_customer_contact
        and is_handled
        and contact_type in ('chat', 'call')
        and {{ in_run_days(none, 'contact_date', kind='chat') }}
),

calls as (
    select * from {{ ref('fct_calls') }}
    where {{ in_run_days(none, 'contact_date', kind='chat') }}
),

shares as (
    select * from {{ ref('int_chat_concurrency') }}
    where {{ in_run_days(none, 'contact_date', kind='chat') }}
),

measured as (
    select
        contacts.*,
        calls.talk_seconds,
        calls.hold_seconds,
        calls.wrap_up_seconds,
        calls.transfer_count,
        case
            when contacts.contact_type = 'call' then contacts.handle_seconds
            else shares.handle_seconds
        end as concurrent_handle_seconds,
        case
            when contacts.handle_seconds is null then null
            when contacts.contact_type = 'call' then 1
            else shares.concurrency_max
        end as concurrency_max,
        -- An agent has one call at a time: its time is all his.
        case
            when contacts.contact_type = 'call' then contacts.handle_seconds
            else shares.adjusted_handle_seconds
        end as adjusted_handle_seconds
    from contacts
    left join calls on contacts.contact_id = calls.contact_id
    left join shares on contacts.contact_id = shares.contact_id
),

counted as (
    select
        {{ attributes | join(', ') }},
        count(*) as handled_count,
        count(handle_seconds) as handle_time_count,
        count(adjusted_handle_seconds) as adjusted_handle_time_count,
        count(hold_seconds) as hold_known_count,
        count(case when hold_seconds > 0 then 1 end) as held_count,
        count(transfer_count) as transfer_known_count,
        count(case when transfer_count > 0 then 1 end) as transferred_count,
        cast(sum(transfer_count) as bigint) as transfers_count,
        {%- for name in (
            'handle', 'adjusted_handle', 'concurrent_handle', 'talk', 'hold', 'wrap_up',
        ) %}
        cast(sum(cast({{ name }}_seconds as decimal(18, 6))) as double) as {{ name }}_seconds_sum,
        {%- endfor %}
        max(concurrency_max) as concurrency_max
    from measured
    group by {{ attributes | join(', ') }}
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
    handled_count,
    handle_time_count,
    adjusted_handle_time_count,
    hold_known_count,
    held_count,
    transfer_known_count,
    transferred_count,
    transfers_count,
    concurrency_max,
    handle_seconds_sum,
    talk_seconds_sum,
    hold_seconds_sum,
    wrap_up_seconds_sum,
    adjusted_handle_seconds_sum,
    concurrent_handle_seconds_sum,
    handle_seconds_sum / nullif(handle_time_count, 0) as handle_seconds_avg,
    adjusted_handle_seconds_sum / nullif(adjusted_handle_time_count, 0)
        as adjusted_handle_seconds_avg,
    hold_seconds_sum / nullif(hold_known_count, 0) as hold_seconds_avg,
    concurrent_handle_seconds_sum / nullif(adjusted_handle_seconds_sum, 0) as concurrency_avg,
    {{ share_pct('held_count', 'hold_known_count') }} as held_pct,
    {{ share_pct('transferred_count', 'transfer_known_count') }} as transferred_pct,
    {{ is_reportable('handle_time_count') }} as is_reportable,
    contact_date
from counted
