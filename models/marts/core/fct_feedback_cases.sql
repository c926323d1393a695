-- One row per feedback case.
-- Kept whole and not by day: cases are few, and whether one fell through depends on today.
with cases as (
    select * from {{ ref('int_feedback_cases_versioned') }}
    where _disposition = 'accepted'
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

responses as (
    select
        response_id,
        survey_type,
        is_positive,
        is_negative,
        touchpoint
    from {{ ref('fct_survey_responses') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

joined as (
    select
        cases.*,
        responses.survey_type,
        coalesce(responses.touchpoint, 'unknown') as touchpoint,
        coalesce(responses.survey_type = 'ces' and responses.is_negative, false) as is_high_effort,
        coalesce(customers.is_test, false) as is_test,
        coalesce(
            {{ add_days('cases.asked_at', var('feedback_window_days')) }} <= as_of.as_of_at, false
        ) as is_window_over,
        coalesce(
            cases.followed_up_at
            <= {{ add_days('cases.asked_at', var('feedback_window_days')) }},
            false
        ) as is_followed_up_in_time
    from cases
    cross join as_of
    left join responses on cases.response_id = responses.response_id
    left join customers on cases.customer_id = customers.customer_id
)

select
    case_id,
    coalesce(case_kind, 'unknown') as case_kind,
    coalesce(category, 'unknown') as category,
    customer_id,
    response_id,
    survey_type,
    touchpoint,
    coalesce(owner_team, 'unknown') as owner_team,
    {{ seconds_between('asked_at', 'categorised_at') }} as categorised_seconds,
    {{ seconds_between('asked_at', 'acted_at') }} as acted_seconds,
    {{ seconds_between('asked_at', 'followed_up_at') }} as followed_up_seconds,
    is_high_effort,
    followed_up_at is null as is_open,
    -- Not yet due is neither kept nor broken.
    case when is_window_over then not is_followed_up_in_time end as is_fallen_through,
    is_test,
    {{ reporting_date('asked_at') }} as asked_date,
    asked_at,
    categorised_at,
    acted_at,
    followed_up_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from joined
