-- One row per contact date, half hour of the entry into the queue, medium (voice or chat, never
-- mixed), queue and source.
{{ config(
    materialized='by_day', day='contact_date', reads=['chat', 'call'],
    causes=['rows', 'attributes'], follows={'chat': [1, 1]}
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        is_offered
        and {{ in_run_days(none, 'contact_date', kind='chat') }}
),

shares as (
    select * from {{ ref('int_chat_concurrency') }}
    where {{ in_run_days(none, 'contact_date', kind='chat') }}
),

-- By the clock of the reporting zone. Who began before midnight and was queued after it stays on
-- the day of the contact, in an interval of the next one.
measured as (
    select
        contacts.*,
        {{ interval_start(reporting_time('contacts.queued_at'), 30) }} as interval_start_local_at,
        case
            when contacts.contact_type = 'call' then contacts.handle_seconds
            else shares.adjusted_handle_seconds
        end as adjusted_handle_seconds
    from contacts
    left join shares on contacts.contact_id = shares.contact_id
),

counted as (
    select
        contact_date,
        interval_start_local_at,
        contact_medium,
        queue,
        source,
        count(*) as offered_count,
        count(case when outcome = 'answered' then 1 end) as answered_count,
        count(case when is_abandoned then 1 end) as abandoned_count,
        count(case when is_short_abandoned then 1 end) as short_abandoned_count,
        count(case when outcome = 'answered' then wait_seconds end) as answered_wait_count,
        count(case when outcome = 'answered' and wait_seconds <= answer_target_seconds then 1 end)
            as answered_within_target_count,
        count(handle_seconds) as handle_time_count,
        count(adjusted_handle_seconds) as adjusted_handle_time_count,
        max(wait_seconds) as wait_seconds_max,
        cast(
            sum(case when outcome = 'answered' then cast(wait_seconds as decimal(18, 3)) end)
            as double
        ) as answered_wait_seconds_sum,
        cast(sum(cast(handle_seconds as decimal(18, 6))) as double) as handle_seconds_sum,
        cast(sum(cast(adjusted_handle_seconds as decimal(18, 6))) as double)
            as adjusted_handle_seconds_sum
    from measured
    group by contact_date, interval_start_local_at, contact_medium, queue, source
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

based as (
    select
        *,
        case when is_wait_known then answered_wait_count + net_abandoned_count else 0 end
            as service_level_base_count
    from netted
)

select
    contact_medium,
    queue,
    source,
    {{ iso_day_of_week('interval_start_local_at') }} as iso_day_of_week,
    cast(
        60 * extract(hour from interval_start_local_at)
        + extract(minute from interval_start_local_at) as bigint
    ) as minute_of_day,
    offered_count,
    answered_count,
    abandoned_count,
    short_abandoned_count,
    net_offered_count,
    net_abandoned_count,
    answered_wait_count,
    answered_within_target_count,
    service_level_base_count,
    handle_time_count,
    adjusted_handle_time_count,
    wait_seconds_max,
    answered_wait_seconds_sum,
    handle_seconds_sum,
    adjusted_handle_seconds_sum,
    {{ share_pct('net_abandoned_count', 'net_offered_count') }} as abandon_pct,
    {{ share_pct('answered_within_target_count', 'service_level_base_count') }}
        as service_level_pct,
    answered_wait_seconds_sum / nullif(answered_wait_count, 0) as speed_of_answer_seconds_avg,
    adjusted_handle_seconds_sum / nullif(adjusted_handle_time_count, 0)
        as adjusted_handle_seconds_avg,
    {{ is_reportable('service_level_base_count') }} as is_reportable,
    contact_date,
    cast(interval_start_local_at as date) as interval_date,
    interval_start_local_at
from based
