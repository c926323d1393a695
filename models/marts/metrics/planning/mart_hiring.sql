-- One row per queue: whether the schedule will be enough, and until when somebody has to be hired.
with as_of as (
    select max(calendar_date) as last_date from {{ ref('dim_date') }}
),

staffing as (
    select * from {{ ref('mart_staffing') }}
    where scenario_id = 'base'
),

-- Hours of the typical week; decimals, because their sum has no order.
hours as (
    select
        queue,
        case
            when count(*) = count(required_scheduled_agents_fractional)
                then sum(cast(required_scheduled_agents_fractional as decimal(18, 6))) / 2
        end as required_hours,
        sum(cast(scheduled_agents as decimal(18, 6))) / 2 as scheduled_hours
    from staffing
    where contact_medium = 'all'
    group by queue
),

typical as (
    select
        queue,
        cast(sum(cast(arrivals_avg as decimal(18, 6))) as double) as weekly_contacts_avg
    from staffing
    where contact_medium <> 'all'
    group by queue
),

intervals as (
    select * from {{ ref('mart_queue_interval') }}
),

first_days as (
    select
        queue,
        min(interval_date) as first_date
    from intervals
    group by queue
),

-- Whole weeks of the queue before as_of, numbered; a week without a contact counts as one.
weeks as (
    select
        dates.week_start_date,
        max(dates.calendar_date) as week_end_date,
        row_number() over (order by dates.week_start_date desc) as weeks_ago
    from {{ ref('dim_date') }} as dates
    group by dates.week_start_date
    having count(*) = 7
),

trend_weeks as (
    select
        first_days.queue,
        weeks.week_start_date,
        weeks.week_end_date,
        row_number() over (partition by first_days.queue order by weeks.week_start_date)
            as week_number
    from first_days
    inner join weeks
        on
            first_days.first_date <= weeks.week_start_date
            and weeks.weeks_ago <= {{ var('hiring_trend_weeks') }}
),

volumes as (
    select
        trend_weeks.queue,
        trend_weeks.week_number,
        coalesce(sum(intervals.net_offered_count), 0) as contacts_count
    from trend_weeks
    left join intervals
        on
            trend_weeks.queue = intervals.queue
            and trend_weeks.week_start_date <= intervals.interval_date
            and trend_weeks.week_end_date >= intervals.interval_date
    group by trend_weeks.queue, trend_weeks.week_number
),

sums as (
    select
        queue,
        count(*) as n,
        sum(week_number) as sum_x,
        sum(contacts_count) as sum_y,
        sum(week_number * week_number) as sum_xx,
        sum(week_number * contacts_count) as sum_xy
    from volumes
    group by queue
),

-- Least squares in whole numbers; three weeks make no trend.
trends as (
    select
        queue,
        n as trend_weeks_count,
        case
            when n >= 4
                then cast(n * sum_xy - sum_x * sum_y as double) / (n * sum_xx - sum_x * sum_x)
        end as weekly_contacts_change
    from sums
),

joined as (
    select
        hours.queue,
        as_of.last_date,
        coalesce(trends.trend_weeks_count, 0) as trend_weeks_count,
        typical.weekly_contacts_avg,
        trends.weekly_contacts_change,
        cast(hours.required_hours as double) as required_hours,
        cast(hours.scheduled_hours as double) as scheduled_hours,
        cast(hours.required_hours - hours.scheduled_hours as double) as staffing_gap_hours
    from hours
    cross join as_of
    left join typical on hours.queue = typical.queue
    left join trends on hours.queue = trends.queue
),

-- The need for hours grows with the contacts: a little too fast, because big queues are easier to
-- staff, so the date is rather early than late.
foreseen as (
    select
        *,
        case
            when staffing_gap_hours > 0 then 0
            when weekly_contacts_change > 0 and required_hours > 0
                then ceil(
                    7 * (scheduled_hours / required_hours - 1)
                    * weekly_contacts_avg / weekly_contacts_change
                )
        end as days_to_shortage
    from joined
),

dated as (
    select
        *,
        case
            when days_to_shortage <= {{ var('hiring_horizon_days') }}
                then cast({{ add_minutes(
                    'cast(last_date as timestamp)', 'cast(1440 * days_to_shortage as bigint)'
                ) }} as date)
        end as shortage_date
    from foreseen
)

select
    queue,
    trend_weeks_count,
    weekly_contacts_avg,
    weekly_contacts_change,
    required_hours,
    scheduled_hours,
    staffing_gap_hours,
    staffing_gap_hours / {{ var('hiring_weekly_hours') }} as staffing_gap,
    cast({{ add_days('shortage_date', -var('hiring_ramp_up_days')) }} as date) <= last_date
        as is_hiring_late,
    shortage_date,
    cast({{ add_days('shortage_date', -var('hiring_ramp_up_days')) }} as date) as hire_by_date
from dated
