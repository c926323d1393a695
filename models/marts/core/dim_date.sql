-- One row per day from the first contact or response to the day the warehouse speaks from.
with counts as (
    select * from {{ ref('int_lake_counts') }}
    where _disposition = 'accepted'
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- The clocks of some exports run into the future: days after as_of belong to nobody.
seen as (
    select min(day) as seen_date from counts
),

bounds as (
    select
        coalesce(least(min(seen.seen_date), max(as_of.as_of_date)), max(as_of.as_of_date))
            as first_date,
        max(as_of.as_of_date) as last_date
    from as_of
    cross join seen
),

days as (
    select cast({{ date_series('first_date', 'last_date') }} as date) as calendar_date
    from bounds
)

select
    calendar_date,
    cast(extract(year from calendar_date) as bigint) as calendar_year,
    cast(extract(quarter from calendar_date) as bigint) as quarter_of_year,
    cast(extract(month from calendar_date) as bigint) as month_of_year,
    cast(date_trunc('month', calendar_date) as date) as month_start_date,
    cast(date_trunc('week', calendar_date) as date) as week_start_date,
    {{ iso_day_of_week('calendar_date') }} as iso_day_of_week,
    {{ iso_day_of_week('calendar_date') }} >= 6 as is_weekend
from days
