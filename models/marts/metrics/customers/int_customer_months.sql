-- One row per customer and month at whose beginning the relation held: what was known by then, and
-- whether it ended in the month.
{{ config(schema='intermediate', contract={'enforced': false}) }}

with customers as (
    select
        *,
        {{ reporting_date('signed_up_at') }} as signed_up_date,
        {{ reporting_date('churned_at') }} as churned_date
    from {{ ref('dim_customers') }}
    where not is_test and not is_inferred
),

dates as (
    select * from {{ ref('dim_date') }}
),

as_of as (
    select max(calendar_date) as as_of_date from dates
),

-- A month that began before the first day of the data has no state at its beginning.
months as (
    select
        dates.calendar_date as month_start_date,
        {{ add_months('dates.calendar_date', 1) }} as next_month_date,
        {{ add_months('dates.calendar_date', 1) }} <= {{ add_days('as_of.as_of_date', 1) }}
            as is_complete,
        as_of.as_of_date
    from dates
    cross join as_of
    where
        dates.calendar_date = dates.month_start_date
        and dates.calendar_date
        > {{ add_months('as_of.as_of_date', '-' ~ var('churn_history_months')) }}
),

at_risk as (
    select
        customers.customer_id,
        customers.plan_tier,
        customers.segment,
        months.month_start_date,
        months.is_complete,
        coalesce(
            customers.churned_date < months.next_month_date
            and customers.churned_date <= months.as_of_date,
            false
        ) as is_churned
    from customers
    inner join months
        on
            coalesce(customers.signed_up_date < months.month_start_date, true)
            and coalesce(customers.churned_date >= months.month_start_date, true)
),

health as (
    select * from {{ ref('mart_customer_health_history') }}
),

answers as (
    select * from {{ ref('fct_survey_responses') }}
    where score is not null and not is_test and customer_id is not null
),

-- Known before the month began: a score of the month itself may already know of the end.
latest_health as (
    select
        at_risk.customer_id,
        at_risk.month_start_date,
        max(health.valid_from_date) as valid_from_date
    from at_risk
    inner join health
        on
            at_risk.customer_id = health.customer_id
            and at_risk.month_start_date > health.valid_from_date
    group by at_risk.customer_id, at_risk.month_start_date
),

answer_days as (
    select
        customer_id,
        response_date,
        count(*) as answers_count,
        count(case when survey_type = 'csat' and is_counted and is_headline then 1 end)
            as csat_count,
        count(
            case when survey_type = 'csat' and is_counted and is_headline and is_positive then 1 end
        ) as satisfied_count
    from answers
    group by customer_id, response_date
),

answered as (
    select
        at_risk.customer_id,
        at_risk.month_start_date,
        sum(answer_days.answers_count) as answers_count,
        sum(answer_days.csat_count) as csat_count,
        sum(answer_days.satisfied_count) as satisfied_count
    from at_risk
    inner join answer_days
        on
            at_risk.customer_id = answer_days.customer_id
            and at_risk.month_start_date > answer_days.response_date
            and at_risk.month_start_date
            <= {{ add_days('answer_days.response_date', var('health_lookback_days')) }}
    group by at_risk.customer_id, at_risk.month_start_date
),

joined as (
    select
        at_risk.customer_id,
        at_risk.plan_tier,
        at_risk.segment,
        coalesce(health.rag, 'no_score') as health_band,
        health.score as health_score,
        answered.csat_count,
        {{ share_pct('answered.satisfied_count', 'answered.csat_count') }} as csat_pct,
        coalesce(answered.answers_count > 0, false) as is_respondent,
        at_risk.is_complete,
        at_risk.is_churned,
        at_risk.month_start_date
    from at_risk
    left join latest_health
        on
            at_risk.customer_id = latest_health.customer_id
            and at_risk.month_start_date = latest_health.month_start_date
    left join health
        on
            latest_health.customer_id = health.customer_id
            and latest_health.valid_from_date = health.valid_from_date
    left join answered
        on
            at_risk.customer_id = answered.customer_id
            and at_risk.month_start_date = answered.month_start_date
)

select
    *,
    case
        when csat_pct is null then 'no_answer'
        when csat_pct < 50 then 'low'
        when csat_pct < 80 then 'middle'
        else 'high'
    end as csat_band
from joined
