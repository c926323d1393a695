-- One row per contact date, contact type, source, channel and country.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes', 'parts']
) }}

{%- set by = ['contact_date', 'contact_type', 'source', 'channel', 'country_code'] %}

with days as (
    select * from {{ ref('mart_response_times') }}
    where {{ in_run_days('contact_type', 'contact_date') }}
),

counted as (
    {{ added_up('days', by, response_times_counts(), response_times_amounts()) }}
)

select
    contact_type,
    source,
    channel,
    country_code,
    {{ response_times_columns() }},
    contact_date
from counted
