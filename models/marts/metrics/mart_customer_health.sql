-- One row per customer and day on which an input came in or got too old; it holds until the next.
{%- set components = ['csat', 'nps', 'ces', 'fcr', 'abandonment'] %}

with as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- Who leaves after as_of has not left yet.
customers as (
    select
        customers.*,
        case
            when {{ reporting_date('customers.churned_at') }} <= as_of.as_of_date
                then {{ reporting_date('customers.churned_at') }}
        end as left_date
    from {{ ref('dim_customers') }} as customers
    cross join as_of
    where not customers.is_test
),

weights as (
    select * from {{ ref('health_weights') }}
    where weights_version = '{{ var("health_weights_version") }}'
),

-- Every input on 0 (worst) to 100 (best), on the day on which it became known.
inputs as (
    select
        customer_id,
        survey_type as component,
        response_date as input_date,
        score_pct as input_value
    from {{ ref('fct_survey_responses') }}
    where is_counted and is_headline and survey_type in ('csat', 'nps', 'ces')

    union all

    select
        customer_id,
        'fcr' as component,
        {{ reporting_date(
            add_days('started_at', var('fcr_window_days')) ~ " - interval '1' second"
        ) }} as input_date,
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
        cast(sum(cast(input_value as decimal(18, 6))) as double) as input_value_sum
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
        and (customers.left_date is null or changes.change_date <= customers.left_date)
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
        {%- for component in components %}
        max(case when component = '{{ component }}' then component_score end)
            as {{ component }}_score,
        cast(max(case when component = '{{ component }}' then input_count end) as bigint)
            as {{ component }}_input_count,
        coalesce(
            max(
                case
                    when component = '{{ component }}' and component_score is not null then weight
                end
            ),
            0
        ) as {{ component }}_present,
        max(case when component = '{{ component }}' then weight end) as {{ component }}_weight,
        {%- endfor %}
        min(weights_version) as weights_version
    from scored
    group by customer_id, change_date
),

-- Added in a fixed order: sums of doubles in whatever order the engine likes would let two builds
-- of the same lake disagree in the last digit, and with it about a colour.
added as (
    select
        *,
        {%- for component in components %}
        {{ component }}_present * (100 - coalesce({{ component }}_score, 100))
            as {{ component }}_shortfall,
        {%- endfor %}
        {% for component in components -%}
        {{ component }}_present * coalesce({{ component }}_score, 0)
        {{- ' + ' if not loop.last }}
        {%- endfor %} as points,
        {% for component in components -%}
        {{ component }}_present{{ ' + ' if not loop.last }}
        {%- endfor %} as present_weight,
        {% for component in components -%}
        {{ component }}_weight{{ ' + ' if not loop.last }}
        {%- endfor %} as total_weight
    from pivoted
),

rated as (
    select
        *,
        round(points / nullif(present_weight, 0), 6) as score,
        round(present_weight / total_weight, 6) as coverage,
        greatest(
            {%- for component in components %}
            {{ component }}_shortfall{{ ',' if not loop.last }}
            {%- endfor %}
        ) as worst_shortfall
    from added
),

ranged as (
    select
        *,
        lag(score) over (partition by customer_id order by change_date) as previous_score,
        lead(change_date) over (partition by customer_id order by change_date) as next_change_date
    from rated
)

select
    ranged.customer_id,
    customers.country_code,
    customers.industry,
    customers.plan_tier,
    customers.segment,
    coalesce(customers._source, 'unknown') as source,
    ranged.weights_version,
    case
        when ranged.score is null or ranged.coverage < {{ var('health_minimum_coverage') }}
            then 'insufficient_data'
        when ranged.score <= 50 then 'red'
        when ranged.score <= 75 then 'yellow'
        else 'green'
    end as rag,
    case
        when ranged.worst_shortfall <= 0 then null
        {%- for component in components %}
        when ranged.{{ component }}_shortfall = ranged.worst_shortfall then '{{ component }}'
        {%- endfor %}
    end as top_negative_driver,
    ranged.score,
    ranged.coverage,
    ranged.previous_score,
    {%- for component in components %}
    ranged.{{ component }}_score,
    ranged.{{ component }}_input_count,
    {%- endfor %}
    ranged.next_change_date is null and customers.left_date is null as is_current,
    ranged.change_date as valid_from_date,
    coalesce(cast({{ add_days('ranged.next_change_date', -1) }} as date), customers.left_date)
        as valid_to_date
from ranged
inner join customers on ranged.customer_id = customers.customer_id
