-- One row per month, currency, channel and plan group; 'all' is the total of channels or plans.
with calendar as (
    select
        month_start_date,
        {{ add_months('month_start_date', 1) }} as next_month_start_date,
        min(calendar_date) = month_start_date
        and cast({{ add_days('max(calendar_date)', 1) }} as date)
        = {{ add_months('month_start_date', 1) }} as is_complete
    from {{ ref('dim_date') }}
    group by month_start_date
),

lines as (
    select
        *,
        cast({{ add_days('period_end_date', 1) }} as date) as after_date
    from {{ ref('fct_costs') }}
    where amount is not null and period_end_date >= period_start_date
),

-- A line belongs to its days evenly, so that a quarter's invoice reaches three months.
spread as (
    select
        calendar.month_start_date,
        calendar.next_month_start_date,
        lines.currency,
        lines.channel,
        lines.is_one_off,
        lines.period_start_date,
        lines.after_date,
        cast(
            lines.amount * {{ days_between(
                'greatest(lines.period_start_date, calendar.month_start_date)',
                'least(lines.after_date, calendar.next_month_start_date)'
            ) }} / {{ days_between('lines.period_start_date', 'lines.after_date') }}
            as decimal(28, 10)
        ) as amount
    from lines
    inner join calendar
        on
            lines.period_start_date < calendar.next_month_start_date
            and lines.after_date > calendar.month_start_date
    where calendar.is_complete
),

-- A month is known when running costs reach from its first to its last day.
covered as (
    select
        month_start_date,
        currency
    from spread
    where not is_one_off
    group by month_start_date, next_month_start_date, currency
    having
        min(period_start_date) <= month_start_date and max(after_date) >= next_month_start_date
),

costs as (
    select
        spread.month_start_date,
        spread.currency,
        spread.channel,
        sum(case when spread.is_one_off then 0 else spread.amount end) as running_amount,
        sum(case when spread.is_one_off then spread.amount else 0 end) as one_off_amount
    from spread
    inner join covered
        on
            spread.month_start_date = covered.month_start_date
            and spread.currency = covered.currency
    group by spread.month_start_date, spread.currency, spread.channel
),

volumes as (
    select
        cast(date_trunc('month', contact_date) as date) as month_start_date,
        channel,
        plan_group,
        sum(handled_count) as handled_count,
        sum(resolved_count) as resolved_count
    from {{ ref('mart_volume') }}
    where contact_date is not null
    group by month_start_date, channel, plan_group
),

handled_by_channel as (
    select
        month_start_date,
        channel,
        sum(handled_count) as handled_count
    from volumes
    group by month_start_date, channel
),

handled_by_month as (
    select
        month_start_date,
        sum(handled_count) as handled_count
    from handled_by_channel
    group by month_start_date
),

-- Every month and currency with every channel that has a cost or a contact.
currencies as (
    select
        handled_by_month.month_start_date,
        coalesce(covered.currency, 'unknown') as currency,
        covered.currency is not null as is_covered,
        handled_by_month.handled_count
    from handled_by_month
    left join covered on handled_by_month.month_start_date = covered.month_start_date
),

members as (
    select
        month_start_date,
        channel,
        plan_group
    from volumes
    union
    -- Costs of a channel in which nobody was served belong to no plan.
    select
        costs.month_start_date,
        costs.channel,
        'unknown' as plan_group
    from costs
    left join handled_by_channel
        on
            costs.month_start_date = handled_by_channel.month_start_date
            and costs.channel = handled_by_channel.channel
            and handled_by_channel.handled_count > 0
    where costs.channel <> 'all' and handled_by_channel.channel is null
),

-- Shared costs go to channels, and those of a channel to plans, by contacts handled. A contact
-- that was transferred is one contact, so that nothing is counted twice.
allocated as (
    select
        currencies.month_start_date,
        currencies.currency,
        currencies.is_covered,
        members.channel,
        members.plan_group,
        coalesce(volumes.handled_count, 0) as handled_count,
        coalesce(volumes.resolved_count, 0) as resolved_count,
        cast(
            case
                when coalesce(handled_by_channel.handled_count, 0) > 0
                    then
                        coalesce(cast(own.running_amount as double), 0)
                        * coalesce(volumes.handled_count, 0) / handled_by_channel.handled_count
                when members.plan_group = 'unknown'
                    then coalesce(cast(own.running_amount as double), 0)
                else 0
            end
            + case
                when currencies.handled_count > 0
                    then
                        coalesce(cast(shared.running_amount as double), 0)
                        * coalesce(volumes.handled_count, 0) / currencies.handled_count
                else 0
            end
            as decimal(28, 10)
        ) as cost_amount
    from currencies
    inner join members on currencies.month_start_date = members.month_start_date
    left join volumes
        on
            members.month_start_date = volumes.month_start_date
            and members.channel = volumes.channel
            and members.plan_group = volumes.plan_group
    left join handled_by_channel
        on
            members.month_start_date = handled_by_channel.month_start_date
            and members.channel = handled_by_channel.channel
    left join costs as own
        on
            currencies.month_start_date = own.month_start_date
            and currencies.currency = own.currency
            and members.channel = own.channel
    left join costs as shared
        on
            currencies.month_start_date = shared.month_start_date
            and currencies.currency = shared.currency
            and shared.channel = 'all'
),

-- Every part counts in its own row and in the totals.
scopes as (
    select false as is_total
    union all
    select true as is_total
),

scoped as (
    select
        allocated.*,
        case when of_channels.is_total then 'all' else allocated.channel end as channel_scope,
        case when of_plans.is_total then 'all' else allocated.plan_group end as plan_scope
    from allocated
    cross join scopes as of_channels
    cross join scopes as of_plans
),

summed as (
    select
        month_start_date,
        currency,
        is_covered,
        channel_scope as channel,
        plan_scope as plan_group,
        cast(sum(handled_count) as bigint) as handled_count,
        cast(sum(resolved_count) as bigint) as resolved_count,
        case when is_covered then cast(sum(cost_amount) as double) end as cost_amount
    from scoped
    group by month_start_date, currency, is_covered, channel_scope, plan_scope
),

one_offs as (
    select
        month_start_date,
        currency,
        cast(sum(one_off_amount) as double) as one_off_amount
    from costs
    group by month_start_date, currency
),

-- Distinct customers add up over days, not over channels or plans.
customers as (
    select
        cast(date_trunc('month', contact_date) as date) as month_start_date,
        plan_group,
        cast(sum(new_customer_in_plan_count) as bigint) as customers_count
    from {{ ref('int_demand_days') }}
    group by month_start_date, plan_group
    union all
    select
        month_start_date,
        'all' as plan_group,
        contacting_customers_count as customers_count
    from {{ ref('mart_demand_monthly') }}
)

select
    summed.month_start_date,
    summed.currency,
    summed.channel,
    summed.plan_group,
    summed.cost_amount,
    case
        when summed.channel = 'all' and summed.plan_group = 'all' then one_offs.one_off_amount
    end as one_off_amount,
    summed.handled_count,
    summed.resolved_count,
    case when summed.channel = 'all' then customers.customers_count end as customers_count,
    summed.cost_amount / nullif(summed.handled_count, 0) as cost_per_contact,
    summed.cost_amount / nullif(summed.resolved_count, 0) as cost_per_resolution,
    case
        when summed.channel = 'all'
            then summed.cost_amount / nullif(customers.customers_count, 0)
    end as cost_per_customer,
    summed.is_covered
from summed
left join one_offs
    on
        summed.month_start_date = one_offs.month_start_date
        and summed.currency = one_offs.currency
left join customers
    on
        summed.month_start_date = customers.month_start_date
        and summed.plan_group = customers.plan_group
