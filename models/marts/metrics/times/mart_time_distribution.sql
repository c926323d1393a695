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
        {{ column }} as measured_value
    from contacts
    where {{ column }} is not null
    {%- endfor %}
),

-- The edges are whole numbers, so that a value lies in the same bucket as the next whole one: of
-- these there are few, and only they are looked up.
rounded as (
    select
        measure,
        contact_type,
        source,
        channel,
        country_code,
        cast(ceil(measured_value) as bigint) as whole_value,
        count(*) as contacts_count,
        contact_date
    from measured
    group by measure, contact_type, source, channel, country_code, whole_value, contact_date
)

select
    rounded.measure,
    rounded.contact_type,
    rounded.source,
    rounded.channel,
    rounded.country_code,
    buckets.bucket_number,
    buckets.over_value,
    buckets.upto_value,
    cast(sum(rounded.contacts_count) as bigint) as contacts_count,
    rounded.contact_date
from rounded
inner join buckets
    on
        rounded.whole_value > coalesce(buckets.over_value, rounded.whole_value - 1)
        and rounded.whole_value <= coalesce(buckets.upto_value, rounded.whole_value)
group by
    rounded.contact_date, rounded.measure, rounded.contact_type, rounded.source, rounded.channel,
    rounded.country_code, buckets.bucket_number, buckets.over_value, buckets.upto_value
