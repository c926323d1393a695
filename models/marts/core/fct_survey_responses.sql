-- One row per answer to one survey question, scored or not.
with responses as (
    select * from {{ ref('int_survey_responses_enriched') }}
)

select
    response_id,
    survey_type,
    scale_id,
    scale_version,
    scale_direction,
    question_key,
    survey_scope,
    contact_id,
    customer_id,
    agent_id,
    agent_at_survey_id,
    contact_source,
    channel,
    product_area,
    reason,
    team,
    country_code,
    industry,
    plan_tier,
    score,
    first_score,
    cast(score_min as double) as score_min,
    cast(score_max as double) as score_max,
    -- 0 is the worst and 100 the best answer whatever the direction of the scale.
    case
        when scale_direction = 'lower_is_better'
            then 100 * (score_max - score) / (score_max - score_min)
        else 100 * (score - score_min) / (score_max - score_min)
    end as score_pct,
    is_positive,
    is_negative,
    is_linked_to_contact,
    is_bot_only,
    is_test,
    is_counted,
    is_headline,
    response_date,
    contact_date,
    resolved_date,
    sent_at,
    responded_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from responses
