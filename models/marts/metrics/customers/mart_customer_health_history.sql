-- One row per customer and day on which an input came in or got too old; it holds until the next.
{#- A change meets the inputs of the days before it, which are cheap each: ten count as one row. #}
{%- set all_days -%}
    select day, cast(ceil(max(met_count) / 10) as bigint) as rows_count
    from (
        select
            day,
            sum(input_count) over (
                order by day
                range between interval {{ var('health_lookback_days') }} day preceding and current row
            ) as met_count
        from (
            select input_date as day, count(*) as input_count
            from intermediate.int_health_inputs group by input_date
            union all
            select distinct cast(input_date + {{ var('health_lookback_days') + 1 }} as date), 0
            from intermediate.int_health_inputs
        ) as counted_inputs
    ) as met_days
    group by day
{%- endset %}
{{ config(
    materialized='by_day', day='valid_from_date', reads=['health'], all_days=all_days
) }}
{%- set components = ['csat', 'nps', 'ces', 'fcr', 'abandonment'] %}

with inputs as (
    select * from {{ ref('int_health_inputs') }}
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

exclusions as (
    select * from {{ ref('int_customer_exclusions') }}
),

weights as (
    select * from {{ ref('health_weights') }}
    where weights_version = '{{ var("health_weights_version") }}'
),

changes as (
    select
        customer_id,
        input_date as change_date
    from inputs
    where {{ in_run_days(none, 'input_date', kind='health') }}
    union
    select
        customer_id,
        cast({{ add_days('input_date', var('health_lookback_days') + 1) }} as date) as change_date
    from inputs
    where
        {{ in_run_days(
            none,
            'cast(' ~ add_days('input_date', var('health_lookback_days') + 1) ~ ' as date)',
            kind='health'
        ) }}
),

counted_changes as (
    select
        changes.customer_id,
        changes.change_date
    from changes
    cross join as_of
    left join exclusions on changes.customer_id = exclusions.customer_id
    where
        changes.change_date <= as_of.as_of_date
        and not coalesce(exclusions.is_test, false)
        and changes.change_date <= coalesce(exclusions.left_date, changes.change_date)
),

-- Each input weighs half after one half-life. Weights are whole billionths, so that the sums are
-- exact and a rebuild adds up to the same score in whatever order it reads.
met as (
    select
        changes.customer_id,
        changes.change_date,
        inputs.component,
        inputs.input_count,
        inputs.input_value_sum,
        {{ wide_integer(
            'round(power(2, -' ~ days_between('inputs.input_date', 'changes.change_date')
            ~ ' / cast(weights.half_life_days as double)) * 1000000000)'
        ) }} as input_weight
    from counted_changes as changes
    inner join inputs
        on
            changes.customer_id = inputs.customer_id
            and changes.change_date >= inputs.input_date
            and changes.change_date
            <= {{ add_days('inputs.input_date', var('health_lookback_days')) }}
    inner join weights on inputs.component = weights.component
),

weighted as (
    select
        customer_id,
        change_date,
        component,
        cast(sum(input_count) as bigint) as input_count,
        sum({{ wide_integer('input_count') }} * input_weight) as weighted_count,
        sum({{ wide_integer('input_value_sum') }} * input_weight) as weighted_sum
    from met
    group by customer_id, change_date, component
),

scored as (
    select
        changes.customer_id,
        changes.change_date,
        weights.component,
        coalesce(weighted.input_count, 0) as input_count,
        weights.weight,
        weights.weights_version,
        round(
            cast(weighted.weighted_sum as double)
            / nullif(cast(weighted.weighted_count as double), 0) / 1000000,
            6
        ) as component_score
    from counted_changes as changes
    cross join weights
    left join weighted
        on
            changes.customer_id = weighted.customer_id
            and changes.change_date = weighted.change_date
            and weights.component = weighted.component
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
)

select
    customer_id,
    weights_version,
    case
        when score is null or coverage < {{ var('health_minimum_coverage') }}
            then 'insufficient_data'
        when score <= 50 then 'red'
        when score <= 75 then 'yellow'
        else 'green'
    end as rag,
    case
        when worst_shortfall <= 0 then null
        {%- for component in components %}
        when {{ component }}_shortfall = worst_shortfall then '{{ component }}'
        {%- endfor %}
    end as top_negative_driver,
    score,
    coverage,
    {%- for component in components %}
    {{ component }}_score,
    {{ component }}_input_count,
    {%- endfor %}
    change_date as valid_from_date
from rated
