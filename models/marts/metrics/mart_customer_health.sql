-- One row per customer and change of the score: it holds from valid_from_date until the next row.
{%- set components = ['csat', 'nps', 'ces', 'fcr', 'abandonment'] %}

with customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
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

-- The score moves when an input comes in, and when the last input of a component gets too old.
-- Between those days it stands still, because all inputs of a component fade at the same pace.
changes as (
    select
        customer_id,
        input_date as change_date
    from daily
    union
    select
        customer_id,
        cast({{ add_days('input_date', var('health_lookback_days') + 1) }} as date) as change_date
    from daily
),

spine as (
    select
        customers.customer_id,
        weights.component,
        changes.change_date,
        power(
            2,
            {{ days_between("date '2000-01-01'", 'changes.change_date') }}
            / cast(weights.half_life_days as double)
        ) as growth
    from changes
    inner join customers on changes.customer_id = customers.customer_id
    cross join as_of
    cross join weights
    where
        changes.change_date <= as_of.as_of_date
        and (
            customers.churned_at is null
            or changes.change_date <= {{ reporting_date('customers.churned_at') }}
        )
),

-- Growing weights 2^(day / half-life) cancel in the ratio of the running sums, so that each input
-- weighs half after one half-life without looking back input by input.
weighted as (
    select
        spine.customer_id,
        spine.component,
        spine.change_date,
        daily.input_date,
        coalesce(daily.input_count, 0) as input_count,
        coalesce(daily.input_count, 0) * spine.growth as weighted_count,
        coalesce(daily.input_value_sum, 0) * spine.growth as weighted_sum
    from spine
    left join daily
        on
            spine.customer_id = daily.customer_id
            and spine.component = daily.component
            and spine.change_date = daily.input_date
),

running as (
    select
        customer_id,
        component,
        change_date,
        max(input_date) over so_far as last_input_date,
        sum(input_count) over so_far as input_count,
        sum(weighted_count) over so_far as weighted_count,
        sum(weighted_sum) over so_far as weighted_sum
    from weighted
    window so_far as (
        partition by customer_id, component order by change_date
        rows between unbounded preceding and current row
    )
),

scored as (
    select
        running.customer_id,
        running.change_date,
        running.component,
        running.input_count,
        weights.weight,
        weights.weights_version,
        case
            when
                {{ days_between('running.last_input_date', 'running.change_date') }}
                <= {{ var('health_lookback_days') }}
                then round(running.weighted_sum / running.weighted_count, 6)
        end as component_score
    from running
    inner join weights on running.component = weights.component
),

pivoted as (
    select
        customer_id,
        change_date,
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
    group by customer_id, change_date
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
    {%- for component in components %}
    rated.{{ component }}_score,
    rated.{{ component }}_input_count,
    {%- endfor %}
    lead(rated.change_date) over history is null
    and customers.churned_at is null as is_current,
    rated.change_date as valid_from_date,
    coalesce(
        cast({{ add_days('lead(rated.change_date) over history', -1) }} as date),
        {{ reporting_date('customers.churned_at') }}
    ) as valid_to_date
from rated
inner join customers on rated.customer_id = customers.customer_id
window history as (partition by rated.customer_id order by rated.change_date)
