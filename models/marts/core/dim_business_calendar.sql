-- One row per calendar, UTC day and piece of it that begins with an opening, with the open seconds
-- before.
with days as (
    select cast({{ date_series(
        "date '" ~ var('business_calendar_from') ~ "'", "date '" ~ var('business_calendar_to') ~ "'"
    ) }} as date) as calendar_date
),

calendars as (
    select
        team as calendar_id,
        schedule_id,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('team_schedules') }}
),

hours as (
    select
        schedule_id,
        iso_day_of_week,
        time_zone,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        {{ seconds_of_day('opens_at') }} as opens_second,
        -- A shift that ends before it begins ends on the next day.
        {{ seconds_of_day('closes_at') }}
        + case when closes_at <= opens_at then 86400 else 0 end as closes_second
    from {{ ref('business_hours') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

shifts as (
    select
        calendars.calendar_id,
        calendars.schedule_id,
        hours.time_zone,
        days.calendar_date as local_date,
        hours.opens_second,
        hours.closes_second
    from calendars
    inner join hours on calendars.schedule_id = hours.schedule_id
    inner join days
        on
            {{ iso_day_of_week('days.calendar_date') }} = hours.iso_day_of_week
            and days.calendar_date between calendars.valid_from and calendars.valid_to
            and days.calendar_date between hours.valid_from and hours.valid_to
),

-- Night shifts are cut at local midnight, so that a holiday closes its own local day and no other.
local_parts as (
    select
        calendar_id,
        schedule_id,
        time_zone,
        local_date,
        opens_second as from_second,
        least(closes_second, 86400) as to_second
    from shifts
    union all
    select
        calendar_id,
        schedule_id,
        time_zone,
        cast({{ add_days('local_date', 1) }} as date) as local_date,
        0 as from_second,
        closes_second - 86400 as to_second
    from shifts
    where closes_second > 86400
),

-- Whole days end at the next local midnight and not 24 hours later: a day may have 23 or 25.
utc_parts as (
    select
        local_parts.calendar_id,
        {{ zone_to_utc(
            add_seconds('cast(local_parts.local_date as timestamp)', 'local_parts.from_second'),
            'local_parts.time_zone'
        ) }} as from_at,
        {{ zone_to_utc(
            add_seconds('cast(local_parts.local_date as timestamp)', 'local_parts.to_second'),
            'local_parts.time_zone'
        ) }} as to_at
    from local_parts
    left join holidays
        on
            local_parts.schedule_id = holidays.schedule_id
            and local_parts.local_date = holidays.holiday_date
    where holidays.holiday_date is null
),

steps as (
    select 0 as days_on
    union all
    select 1 as days_on
),

day_parts as (
    select
        utc_parts.calendar_id,
        cast({{ days_after('cast(utc_parts.from_at as date)', 'steps.days_on') }} as date)
            as clock_date,
        utc_parts.from_at,
        utc_parts.to_at
    from utc_parts
    cross join steps
),

cut as (
    select
        calendar_id,
        clock_date,
        greatest(from_at, cast(clock_date as timestamp)) as from_at,
        least(to_at, cast({{ add_days('clock_date', 1) }} as timestamp)) as to_at
    from day_parts
),

-- Each UTC day begins with a piece of its own, so that every instant lies in exactly one.
beginnings as (
    select
        calendar_id,
        clock_date,
        from_at,
        cast({{ seconds_between('from_at', 'to_at') }} as bigint) as open_seconds
    from cut
    where from_at < to_at
    union all
    select
        calendars.calendar_id,
        days.calendar_date as clock_date,
        cast(days.calendar_date as timestamp) as from_at,
        cast(0 as bigint) as open_seconds
    from (select distinct calendar_id from calendars) as calendars
    cross join days
),

pieces as (
    select
        calendar_id,
        clock_date,
        from_at,
        coalesce(
            lead(from_at) over (
                partition by calendar_id, clock_date order by from_at, open_seconds
            ),
            cast({{ add_days('clock_date', 1) }} as timestamp)
        ) as to_at,
        open_seconds,
        cast(coalesce(sum(open_seconds) over (
            partition by calendar_id order by from_at, open_seconds
            rows between unbounded preceding and 1 preceding
        ), 0) as bigint) as open_seconds_before
    from beginnings
)

select
    calendar_id,
    open_seconds,
    open_seconds_before,
    clock_date,
    from_at,
    to_at
from pieces
where from_at < to_at
