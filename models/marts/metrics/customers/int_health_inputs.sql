-- One row per kind and day of contacts or answers, customer, component of the health score and day
-- on which the input became known.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', kind='kind', day='origin_date', storage='table',
    reads=['ticket', 'chat', 'call', 'response'], touches='health_inputs'
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where {{ in_run_days('contact_type', 'contact_date') }}
),

responses as (
    select * from {{ ref('fct_survey_responses') }}
    where {{ in_run_days(none, 'response_date', kind='response') }}
),

-- Every input on 0 (worst) to 100 (best), on the day on which it became known.
inputs as (
    select
        'response' as kind,
        response_date as origin_date,
        customer_id,
        survey_type as component,
        response_date as input_date,
        score_pct as input_value
    from responses
    where is_counted and is_headline and survey_type in ('csat', 'nps', 'ces')

    union all

    select
        contact_type as kind,
        contact_date as origin_date,
        customer_id,
        'fcr' as component,
        {{ reporting_date(
            add_days('started_at', var('fcr_window_days')) ~ " - interval '1' second"
        ) }} as input_date,
        case when is_fcr_no_repeat then 100.0 else 0.0 end as input_value
    from contacts
    where is_fcr_no_repeat is not null

    union all

    select
        contact_type as kind,
        contact_date as origin_date,
        customer_id,
        'abandonment' as component,
        contact_date as input_date,
        case when is_abandoned then 0.0 else 100.0 end as input_value
    from contacts
    where is_offered and not is_short_abandoned
)

select
    kind,
    origin_date,
    customer_id,
    component,
    input_date,
    count(*) as input_count,
    -- In millionths and whole: a sum of doubles depends on the order of its rows.
    sum(cast(round(input_value * 1000000) as bigint)) as input_value_sum
from inputs
where customer_id is not null and input_date is not null
group by kind, origin_date, customer_id, component, input_date
