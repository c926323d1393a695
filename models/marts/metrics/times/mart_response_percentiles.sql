-- One row per contact date, contact type, source, channel and country.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date', reads=['ticket', 'chat'],
    causes=['rows', 'attributes', 'parts']
) }}

{%- set measures = [
    'first_response', 'first_response_business', 'ack', 'first_resolution', 'full_resolution',
    'requester_wait'
] %}

with contacts as (
    {{ timed_contacts() }}
)

select
    contact_type,
    source,
    channel,
    country_code,
    count(*) as contacts_count,
    {%- for name in measures %}
    count({{ name }}_seconds) as {{ name }}_count,
    {{ quantile_of(name ~ '_seconds', 0.5) }} as {{ name }}_seconds_p50,
    {{ quantile_of(name ~ '_seconds', 0.9) }} as {{ name }}_seconds_p90,
    {%- endfor %}
    count(replies) as replies_counted_count,
    {{ quantile_of('cast(replies as double)', 0.5) }} as replies_per_ticket_p50,
    {{ is_reportable('count(first_response_seconds)') }} as is_reportable,
    contact_date
from contacts
group by contact_date, contact_type, source, channel, country_code
