-- One row per contact date, measure, contact type, source, channel, country and bucket of values.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date', reads=['ticket', 'chat'],
    causes=['rows', 'attributes', 'parts']
) }}

with contacts as (
    {{ timed_contacts() }}
),

buckets as (
    select * from {{ ref('time_buckets') }}
),

measured as (
    {%- for name, column in (
        ('first_response_seconds', 'first_response_seconds'),
        ('first_response_business_seconds', 'first_response_business_seconds'),
        ('ack_seconds', 'ack_seconds'),
        ('first_resolution_seconds', 'first_resolution_seconds'),
        ('full_resolution_seconds', 'full_resolution_seconds'),
        ('requester_wait_seconds', 'requester_wait_seconds'),
        ('replies_per_ticket', 'replies'),
    ) %}
    {{ 'union all' if not loop.first }}
    select
        contact_date,
        '{{ name }}' as measure,
        contact_type,
        source,
        channel,
        country_code,
        cast({{ column }} as double) as measured_value
    from contacts
    where {{ column }} is not null
    {%- endfor %}
)

select
    measured.measure,
    measured.contact_type,
    measured.source,
    measured.channel,
    measured.country_code,
    buckets.bucket_number,
    buckets.over_value,
    buckets.upto_value,
    count(*) as contacts_count,
    measured.contact_date
from measured
inner join buckets
    on
        measured.measured_value > coalesce(buckets.over_value, measured.measured_value - 1)
        and measured.measured_value <= coalesce(buckets.upto_value, measured.measured_value)
group by
    measured.contact_date, measured.measure, measured.contact_type, measured.source,
    measured.channel, measured.country_code, buckets.bucket_number, buckets.over_value,
    buckets.upto_value
