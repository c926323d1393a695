-- One row per month of the contact, source and product area.
{%- set window = var('nia_window_days') %}

with daily as (
    select * from {{ ref('int_area_days') }}
    where contact_date is not null
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- As with first-contact resolution, a window elapses only as far as its source has delivered.
horizons as (
    select
        daily.source,
        max(daily.contact_date) as seen_date
    from daily
    cross join as_of
    where daily.contact_date <= as_of.as_of_date and daily.delivered_count > 0
    group by daily.source
),

base as (
    select
        daily.contact_date,
        daily.source,
        daily.product_area,
        coalesce({{ add_days('daily.contact_date', window) }} <= horizons.seen_date, false)
            as is_mature,
        sum(daily.contact_count) as contact_count,
        sum(daily.resolved_count) as resolved_count,
        sum(daily.not_measurable_count) as not_measurable_count,
        sum(daily.new_customer_count) as new_customer_count,
        sum(daily.second_request_count) as second_request_count
    from daily
    left join horizons on daily.source = horizons.source
    group by daily.contact_date, daily.source, daily.product_area, is_mature
),

-- A return belongs to the day of the contact that it goes back to.
returns as (
    select
        previous_date as contact_date,
        previous_source as source,
        product_area,
        sum(return_count) as return_count
    from daily
    where return_count > 0
    group by previous_date, previous_source, product_area
),

monthly as (
    select
        cast(date_trunc('month', base.contact_date) as date) as month_start_date,
        base.source,
        base.product_area,
        cast(sum(base.contact_count) as bigint) as contacts_count,
        cast(sum(base.new_customer_count) as bigint) as customers_count,
        cast(sum(base.second_request_count) as bigint) as customers_with_multiple_requests_count,
        cast(sum(case when base.is_mature then base.resolved_count else 0 end) as bigint)
            as nia_base_count,
        cast(
            sum(case when base.is_mature then coalesce(returns.return_count, 0) else 0 end)
            as bigint
        ) as returned_count,
        cast(sum(case when base.is_mature then 0 else base.resolved_count end) as bigint)
            as immature_count,
        cast(sum(base.not_measurable_count) as bigint) as not_measurable_count
    from base
    left join returns
        on
            base.contact_date = returns.contact_date
            and base.source = returns.source
            and base.product_area = returns.product_area
    group by month_start_date, base.source, base.product_area
),

-- Gaps in whole days add up, so that their median needs no contact to be read again.
gaps as (
    select
        cast(date_trunc('month', contact_date) as date) as month_start_date,
        source,
        product_area,
        {{ days_between('previous_date', 'contact_date') }} as gap_days,
        sum(contact_count) as gap_count
    from daily
    where previous_date is not null
    group by month_start_date, source, product_area, gap_days
),

running as (
    select
        *,
        sum(gap_count) over (
            partition by month_start_date, source, product_area order by gap_days
        ) as gaps_so_far,
        sum(gap_count) over (partition by month_start_date, source, product_area) as gaps_in_all
    from gaps
),

medians as (
    select
        month_start_date,
        source,
        product_area,
        cast(min(gap_days) as bigint) as gap_days_p50
    from running
    where 2 * gaps_so_far >= gaps_in_all
    group by month_start_date, source, product_area
)

select
    monthly.month_start_date,
    monthly.source,
    monthly.product_area,
    coalesce(areas.owner_team, 'unknown') as owner_team,
    monthly.contacts_count,
    monthly.customers_count,
    monthly.customers_with_multiple_requests_count,
    {{ share_pct('monthly.customers_with_multiple_requests_count', 'monthly.customers_count') }}
        as multiple_requests_pct,
    medians.gap_days_p50,
    monthly.nia_base_count,
    monthly.nia_base_count - monthly.returned_count as next_issue_avoided_count,
    {{ share_pct('(monthly.nia_base_count - monthly.returned_count)', 'monthly.nia_base_count') }}
        as next_issue_avoidance_pct,
    {{ wilson_pct(
        '(monthly.nia_base_count - monthly.returned_count)', 'monthly.nia_base_count', 'low'
    ) }} as next_issue_avoidance_low_pct,
    {{ wilson_pct(
        '(monthly.nia_base_count - monthly.returned_count)', 'monthly.nia_base_count', 'high'
    ) }} as next_issue_avoidance_high_pct,
    monthly.immature_count,
    monthly.not_measurable_count,
    {{ is_reportable('monthly.nia_base_count') }} as is_reportable
from monthly
left join medians
    on
        monthly.month_start_date = medians.month_start_date
        and monthly.source = medians.source
        and monthly.product_area = medians.product_area
left join {{ ref('product_areas') }} as areas on monthly.product_area = areas.product_area
