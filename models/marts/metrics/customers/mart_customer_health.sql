-- One row per customer with any input: the score that holds on the day the warehouse speaks from.
{%- set components = ['csat', 'nps', 'ces', 'fcr', 'abandonment'] %}

with history as (
    select * from {{ ref('mart_customer_health_history') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

exclusions as (
    select * from {{ ref('int_customer_exclusions') }}
),

latest as (
    select
        customer_id,
        max(valid_from_date) as valid_from_date
    from history
    group by customer_id
),

before_latest as (
    select
        history.customer_id,
        max(history.valid_from_date) as valid_from_date
    from history
    inner join latest on history.customer_id = latest.customer_id
    where history.valid_from_date < latest.valid_from_date
    group by history.customer_id
),

current_scores as (
    select history.*
    from history
    inner join latest
        on
            history.customer_id = latest.customer_id
            and history.valid_from_date = latest.valid_from_date
),

previous_scores as (
    select
        history.customer_id,
        history.score
    from history
    inner join before_latest
        on
            history.customer_id = before_latest.customer_id
            and history.valid_from_date = before_latest.valid_from_date
)

select
    scores.customer_id,
    customers.country_code,
    customers.industry,
    customers.plan_tier,
    customers.segment,
    coalesce(customers._source, 'unknown') as source,
    scores.weights_version,
    scores.rag,
    scores.top_negative_driver,
    scores.score,
    scores.coverage,
    previous_scores.score as previous_score,
    {%- for component in components %}
    scores.{{ component }}_score,
    scores.{{ component }}_input_count,
    {%- endfor %}
    exclusions.left_date is null as is_current,
    scores.valid_from_date,
    exclusions.left_date as valid_to_date
from current_scores as scores
inner join customers on scores.customer_id = customers.customer_id
left join previous_scores on scores.customer_id = previous_scores.customer_id
left join exclusions on scores.customer_id = exclusions.customer_id
