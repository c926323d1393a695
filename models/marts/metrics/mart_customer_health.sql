-- One row per customer and day, from the first input until as_of, churn, or the day on which the
-- last input is too old to say anything.
{%- set components = ['csat', 'nps', 'ces', 'fcr', 'abandonment'] %}

with customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

days as (
    select * from {{ ref('dim_date') }}
),

weights as (
    select * from {{ ref('health_weights') }}
),

-- Every input on 0 (worst) to 100 (best), on the day on which it became known.
inputs as (
    select
        customer_id,
        survey_type as component,
        response_date as input_date,
        score_pct as input_value
    from {{ ref('fct_survey_responses') }}
    where is_counted and survey_type in ('csat', 'nps', 'ces')

    union all

    select
        customer_id,
        'fcr' as component,
        cast({{ add_days('contact_date', var('fcr_window_days')) }} as date) as input_date,
        case when is_fcr_no_repeat then 100.0 else 0.0 end as input_value
    from {{ ref('fct_contacts') }}
    where is_fcr_no_repeat is not null

    union all

    select
        customer_id,
        'abandonment' as component,
        contact_date as input_date,
        case when is_abandoned then 0.0 else 100.0 end as input_value
    from {{ ref('fct_contacts') }}
    where is_offered and not is_short_abandoned
),

daily as (
    select
        customer_id,
        component,
        input_date,
        count(*) as input_count,
        sum(input_value) as input_value_sum
    from inputs
    where customer_id is not null and input_date is not null
    group by customer_id, component, input_date
),

spans as (
    select
        customer_id,
        min(input_date) as first_date,
        {{ add_days('max(input_date)', var('health_lookback_days')) }} as last_date
    from daily
    group by customer_id
),

spine as (
    select
        customers.customer_id,
        weights.component,
        days.calendar_date,
        power(
            2,
            {{ days_between("date '2000-01-01'", 'days.calendar_date') }}
            / cast(weights.half_life_days as double)
        ) as growth
    from customers
    inner join spans on customers.customer_id = spans.customer_id
    inner join days
        on
            days.calendar_date between spans.first_date and spans.last_date
            and (
                customers.churned_at is null
                or days.calendar_date <= {{ reporting_date('customers.churned_at') }}
            )
    cross join weights
),

-- Decay without looking back day by day: growing weights 2^(day / half-life) cancel in the
-- ratio of the running sums, so each input has halved after one half-life.
weighted as (
    select
        spine.customer_id,
        spine.component,
        spine.calendar_date,
        daily.input_date,
        coalesce(daily.input_count, 0) as input_count,
        coalesce(daily.input_count, 0) * spine.growth as weighted_count,
        coalesce(daily.input_value_sum, 0) * spine.growth as weighted_sum
    from spine
    left join daily
        on
            spine.customer_id = daily.customer_id
            and spine.component = daily.component
            and spine.calendar_date = daily.input_date
),

running as (
    select
        customer_id,
        component,
        calendar_date,
        max(input_date) over so_far as last_input_date,
        sum(input_count) over so_far as input_count,
        sum(weighted_count) over so_far as weighted_count,
        sum(weighted_sum) over so_far as weighted_sum
    from weighted
    window so_far as (
        partition by customer_id, component order by calendar_date
        rows between unbounded preceding and current row
    )
),

scored as (
    select
        running.customer_id,
        running.calendar_date,
        running.component,
        running.input_count,
        weights.weight,
        weights.weights_version,
        case
            when
                {{ days_between('running.last_input_date', 'running.calendar_date') }}
                <= {{ var('health_lookback_days') }}
                then round(running.weighted_sum / running.weighted_count, 6)
        end as component_score
    from running
    inner join weights on running.component = weights.component
),

pivoted as (
    select
        customer_id,
        calendar_date,
        min(weights_version) as weights_version,
        {%- for component in components %}
        max(case when component = '{{ component }}' then component_score end)
            as {{ component }}_score,
        cast(max(case when component = '{{ component }}' then input_count end) as bigint)
            as {{ component }}_input_count,
        max(
            case
                when component = '{{ component }}' and component_score is not null
                    then weight * (100 - component_score)
            end
        ) as {{ component }}_shortfall,
        {%- endfor %}
        sum(case when component_score is not null then weight * component_score end)
            as weighted_score_sum,
        sum(case when component_score is not null then weight else 0 end) as present_weight,
        sum(weight) as total_weight
    from scored
    group by customer_id, calendar_date
),

rated as (
    select
        *,
        round(weighted_score_sum / nullif(present_weight, 0), 6) as score,
        round(present_weight / total_weight, 6) as coverage,
        greatest(
            {%- for component in components %}
            coalesce({{ component }}_shortfall, 0){{ ',' if not loop.last }}
            {%- endfor %}
        ) as worst_shortfall
    from pivoted
)

select
    rated.customer_id,
    customers.country_code,
    customers.industry,
    customers.plan_tier,
    rated.weights_version,
    case
        when coalesce(rated.coverage, 0) < {{ var('health_minimum_coverage') }}
            then 'insufficient_data'
        when rated.score <= 50 then 'red'
        when rated.score <= 75 then 'yellow'
        else 'green'
    end as rag,
    case
        when rated.worst_shortfall <= 0 then null
        {%- for component in components %}
        when rated.{{ component }}_shortfall = rated.worst_shortfall then '{{ component }}'
        {%- endfor %}
    end as top_negative_driver,
    rated.score,
    rated.coverage,
    lag(rated.score) over history as previous_score,
    lag(rated.score, 30) over history as score_30_days_ago,
    {%- for component in components %}
    rated.{{ component }}_score,
    rated.{{ component }}_input_count,
    {%- endfor %}
    rated.calendar_date as snapshot_date
from rated
inner join customers on rated.customer_id = customers.customer_id
window history as (partition by rated.customer_id order by rated.calendar_date)
