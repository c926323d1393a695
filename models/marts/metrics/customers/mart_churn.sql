-- One row per period (a month, or all complete months), kind of group and group of customers.
{%- set kinds = {
    'all': "'all'",
    'health_band': 'health_band',
    'csat_band': 'csat_band',
    'respondent': "case when is_respondent then 'responded' else 'did_not_respond' end",
    'segment': 'segment',
    'plan_tier': 'plan_tier',
} %}

with customer_months as (
    select * from {{ ref('int_customer_months') }}
),

{% for kind, value in kinds.items() -%}
by_{{ kind }} as (
    select
        '{{ kind }}' as group_kind,
        {{ value }} as group_value,
        month_start_date,
        is_complete,
        count(*) as customers_count,
        count(case when is_churned then 1 end) as churned_count
    from customer_months
    group by {{ value }}, month_start_date, is_complete
),

{% endfor -%}
by_month as (
    {%- for kind in kinds %}
    select * from by_{{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counted as (
    select
        'month' as period,
        month_start_date,
        group_kind,
        group_value,
        is_complete,
        customers_count,
        churned_count
    from by_month
    union all
    select
        'all' as period,
        cast(null as date) as month_start_date,
        group_kind,
        group_value,
        true as is_complete,
        cast(sum(customers_count) as bigint) as customers_count,
        cast(sum(churned_count) as bigint) as churned_count
    from by_month
    where is_complete
    group by group_kind, group_value
),

-- Queue-days of which both sides are known; without shifts there is nothing to compare.
staffing as (
    select
        cast(date_trunc('month', staffing_date) as date) as month_start_date,
        count(*) as staffing_days_count,
        cast(sum(cast(required_hours as decimal(18, 4))) as double) as required_hours,
        cast(sum(cast(scheduled_hours as decimal(18, 4))) as double) as scheduled_hours,
        cast(sum(cast(staffing_gap_hours as decimal(18, 4))) as double) as staffing_gap_hours
    from {{ ref('mart_staffing_daily') }}
    where staffing_gap_hours is not null
    group by month_start_date
),

compared as (
    select
        *,
        cast(sum(customers_count) over (
            partition by period, month_start_date, group_kind
        ) as bigint) - customers_count as other_customers_count,
        cast(sum(churned_count) over (
            partition by period, month_start_date, group_kind
        ) as bigint) - churned_count as other_churned_count
    from counted
),

joined as (
    select
        compared.*,
        staffing.staffing_days_count,
        staffing.required_hours,
        staffing.scheduled_hours,
        staffing.staffing_gap_hours
    from compared
    left join staffing
        on
            compared.month_start_date = staffing.month_start_date
            and compared.group_kind = 'all'
)

select
    period,
    group_kind,
    group_value,
    customers_count,
    churned_count,
    customers_count - churned_count as retained_count,
    {{ share_pct('churned_count', 'customers_count') }} as churn_pct,
    {{ wilson_pct('churned_count', 'customers_count', 'low') }} as churn_low_pct,
    {{ wilson_pct('churned_count', 'customers_count', 'high') }} as churn_high_pct,
    {{ share_pct('(customers_count - churned_count)', 'customers_count') }} as retention_pct,
    {{ wilson_pct('(customers_count - churned_count)', 'customers_count', 'low') }}
        as retention_low_pct,
    {{ wilson_pct('(customers_count - churned_count)', 'customers_count', 'high') }}
        as retention_high_pct,
    other_customers_count,
    other_churned_count,
    {{ share_pct('churned_count', 'customers_count') }}
    - {{ share_pct('other_churned_count', 'other_customers_count') }} as churn_gap_pp,
    {{ newcombe_pp(
        'churned_count', 'customers_count', 'other_churned_count', 'other_customers_count', 'low'
    ) }} as churn_gap_low_pp,
    {{ newcombe_pp(
        'churned_count', 'customers_count', 'other_churned_count', 'other_customers_count', 'high'
    ) }} as churn_gap_high_pp,
    staffing_days_count,
    required_hours,
    scheduled_hours,
    staffing_gap_hours,
    is_complete,
    is_complete and {{ is_reportable('customers_count') }} as is_reportable,
    month_start_date
from joined
