{{ config(meta={'dagster': {'ref': {'name': 'mart_queue_interval'}}}) }}
-- A contact is in one half hour and in one row of handle times, however often it was transferred.
with days as (
    select
        contact_date,
        contact_medium,
        sum(offered_count) as offered_count,
        sum(net_offered_count) as net_offered_count,
        sum(answered_count) as answered_count,
        sum(service_level_base_count) as service_level_base_count
    from {{ ref('mart_abandonment') }}
    where {{ in_tested_days('contact_date', kinds=['chat', 'call']) }}
    group by contact_date, contact_medium
),

half_hours as (
    select
        contact_date,
        contact_medium,
        sum(offered_count) as offered_count,
        sum(net_offered_count) as net_offered_count,
        sum(answered_count) as answered_count,
        sum(service_level_base_count) as service_level_base_count
    from {{ ref('mart_queue_interval') }}
    where {{ in_tested_days('contact_date', kinds=['chat', 'call']) }}
    group by contact_date, contact_medium
),

handled as (
    select
        contact_date,
        contact_medium,
        sum(handled_count) as handled_count
    from {{ ref('mart_handle_times') }}
    where {{ in_tested_days('contact_date', kinds=['chat', 'call']) }}
    group by contact_date, contact_medium
)

select days.*
from days
left join half_hours
    on
        days.contact_date is not distinct from half_hours.contact_date
        and days.contact_medium = half_hours.contact_medium
left join handled
    on
        days.contact_date is not distinct from handled.contact_date
        and days.contact_medium = handled.contact_medium
where
    days.offered_count <> coalesce(half_hours.offered_count, 0)
    or days.net_offered_count <> coalesce(half_hours.net_offered_count, 0)
    or days.answered_count <> coalesce(half_hours.answered_count, 0)
    or days.service_level_base_count <> coalesce(half_hours.service_level_base_count, 0)
    or days.answered_count <> coalesce(handled.handled_count, 0)
