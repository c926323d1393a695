-- One row per source of contacts: how far it has delivered, and with it which windows have elapsed.
{{ config(materialized='compared', touches='horizons') }}

with counts as (
    select * from {{ ref('int_lake_counts') }}
    where entity in ('tickets', 'chats', 'calls') and _disposition = 'accepted'
),

as_of as (
    select * from {{ ref('int_as_of') }}
)

-- A source that stopped cannot show a repeat: its windows elapse only as far as it delivered.
select
    counts._source as source,
    least(
        cast({{ add_days('max(counts.day)', 1) }} as timestamp),
        max(as_of.as_of_at)
    ) as seen_until
from counts
cross join as_of
where counts.day <= as_of.as_of_date
group by counts._source
