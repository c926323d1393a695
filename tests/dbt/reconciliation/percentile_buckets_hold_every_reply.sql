{{ config(meta={'dagster': {'ref': {'name': 'mart_time_distribution'}}}) }}
-- The histogram of first responses = the replied contacts of mart_response_times, day by day.
with buckets as (
    select
        contact_date,
        contact_type,
        sum(contacts_count) as contacts_count
    from {{ ref('mart_time_distribution') }}
    where
        measure = 'first_response_seconds'
        and {{ in_tested_days('contact_date', 'contact_type') }}
    group by contact_date, contact_type
),

replied as (
    select
        contact_date,
        contact_type,
        sum(replied_count) as contacts_count
    from {{ ref('mart_response_times') }}
    where contact_type <> 'call' and {{ in_tested_days('contact_date', 'contact_type') }}
    group by contact_date, contact_type
)

select
    replied.contact_date,
    replied.contact_type,
    replied.contacts_count,
    buckets.contacts_count as bucket_count
from replied
left join buckets
    on
        replied.contact_type = buckets.contact_type
        and coalesce(replied.contact_date, date '0001-01-01')
        = coalesce(buckets.contact_date, date '0001-01-01')
where replied.contacts_count <> coalesce(buckets.contacts_count, 0)
