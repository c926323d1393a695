-- One row per response date, source, contact source, channel, country, industry, plan tier,
-- segment, vulnerability, product area, reason, team, touchpoint, collection channel, measurement
-- source, rating scale, question and bot flag.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}

with responses as (
    select * from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'csat'
        and is_counted
        and {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    select
        response_date,
        source,
        contact_source,
        channel,
        country_code,
        industry,
        plan_tier,
        segment,
        is_vulnerable,
        product_area,
        reason,
        team,
        touchpoint,
        collection_channel,
        measurement_source,
        scale_id,
        question_key,
        is_bot_only,
        is_headline,
        min(score_min) as score_min,
        min(score_max) as score_max,
        count(*) as responses_count,
        count(case when is_positive then 1 end) as satisfied_count,
        count(case when is_negative then 1 end) as dissatisfied_count,
        sum(score) as score_sum
    from responses
    group by
        response_date, source, contact_source, channel, country_code, industry, plan_tier,
        segment, is_vulnerable, product_area, reason, team, touchpoint, collection_channel,
        measurement_source, scale_id, question_key, is_bot_only, is_headline
)

select
    source,
    contact_source,
    channel,
    country_code,
    industry,
    plan_tier,
    segment,
    product_area,
    reason,
    team,
    touchpoint,
    collection_channel,
    measurement_source,
    scale_id,
    question_key,
    responses_count,
    satisfied_count,
    dissatisfied_count,
    score_sum,
    score_min,
    score_max,
    {{ share_pct('satisfied_count', 'responses_count') }} as csat_pct,
    {{ wilson_pct('satisfied_count', 'responses_count', 'low') }} as csat_low_pct,
    {{ wilson_pct('satisfied_count', 'responses_count', 'high') }} as csat_high_pct,
    {{ share_pct('dissatisfied_count', 'responses_count') }} as dissatisfied_pct,
    score_sum / nullif(responses_count, 0) as csat_avg,
    100 * (score_sum / nullif(responses_count, 0) - score_min) / (score_max - score_min)
        as csat_avg_pct,
    is_vulnerable,
    is_bot_only,
    is_headline,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from counted
