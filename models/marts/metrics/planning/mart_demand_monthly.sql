-- One row per month.
with daily as (
    select * from {{ ref('int_demand_days') }}
),

calendar as (
    select
        month_start_date,
        min(calendar_date) as first_date,
        max(calendar_date) as last_date
    from {{ ref('dim_date') }}
    group by month_start_date
),

counted as (
    select
        cast(date_trunc('month', contact_date) as date) as month_start_date,
        cast(sum(contact_count) as bigint) as customer_contacts_count,
        cast(sum(chat_request_count) as bigint) as chat_requests_count,
        cast(sum(unknown_customer_count) as bigint) as unknown_customer_contacts_count,
        cast(sum(new_customer_count) as bigint) as contacting_customers_count,
        cast(sum(new_chat_customer_count) as bigint) as chat_customers_count
    from daily
    group by month_start_date
),

-- A month counts as whole when the calendar of the warehouse holds its first and its last day.
months as (
    select
        counted.*,
        {{ add_months('counted.month_start_date', 1) }} as next_month_start_date,
        {{ add_months('counted.month_start_date', -12) }} as same_month_last_year,
        coalesce(
            calendar.first_date = counted.month_start_date
            and cast({{ add_days('calendar.last_date', 1) }} as date)
            = {{ add_months('counted.month_start_date', 1) }},
            false
        ) as is_complete
    from counted
    left join calendar on counted.month_start_date = calendar.month_start_date
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test and not is_inferred
),

active as (
    select
        months.month_start_date,
        count(customers.customer_id) as active_customers_count
    from months
    left join customers
        on
            coalesce(months.next_month_start_date > customers.signed_up_at, true)
            and coalesce(months.month_start_date <= customers.churned_at, true)
    group by months.month_start_date
),

rated as (
    select
        months.*,
        active.active_customers_count,
        {{ share_pct('months.chat_requests_count', 'months.contacting_customers_count') }}
            as chat_requests_per_100_customers
    from months
    inner join active on months.month_start_date = active.month_start_date
)

select
    rated.month_start_date,
    rated.customer_contacts_count,
    rated.unknown_customer_contacts_count,
    rated.contacting_customers_count,
    rated.active_customers_count,
    {{ share_pct('rated.customer_contacts_count', 'rated.active_customers_count') }}
        as contacts_per_100_customers,
    rated.chat_requests_count,
    rated.chat_customers_count,
    rated.chat_requests_per_100_customers,
    {{ share_pct('rated.chat_customers_count', 'rated.contacting_customers_count') }}
        as chat_customers_pct,
    {{ share_pct(
        '(rated.customer_contacts_count - earlier.customer_contacts_count)',
        'earlier.customer_contacts_count'
    ) }} as contacts_yoy_pct,
    {{ share_pct(
        '(rated.chat_requests_count - earlier.chat_requests_count)', 'earlier.chat_requests_count'
    ) }} as chat_demand_yoy_pct,
    rated.chat_requests_per_100_customers - earlier.chat_requests_per_100_customers
        as chat_requests_per_100_customers_yoy,
    rated.is_complete,
    {{ is_reportable('rated.contacting_customers_count') }} as is_reportable
from rated
left join rated as earlier
    on
        rated.same_month_last_year = earlier.month_start_date
        and rated.is_complete
        and earlier.is_complete
