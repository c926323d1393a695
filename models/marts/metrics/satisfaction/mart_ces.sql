-- One row per response date, rating scale (version of the question), source, contact source,
-- channel, country, industry, plan tier, segment, product area, team, touchpoint, collection
-- channel, question and bot flag.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}

with responses as (
    select * from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'ces'
        and is_counted
        and {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    select
        response_date,
        scale_id,
        scale_version as ces_version,
        scale_direction,
        source,
        contact_source,
        channel,
        country_code,
        industry,
        plan_tier,
        segment,
        product_area,
        team,
        touchpoint,
        collection_channel,
        question_key,
        is_bot_only,
        is_headline,
        count(*) as responses_count,
        count(case when is_positive then 1 end) as easy_count,
        count(case when is_negative then 1 end) as difficult_count,
        count(case when scale_id = 'ces_2' and score >= 6 then 1 end) as very_easy_count,
        count(survey_lag_seconds) as survey_lag_count,
        cast(sum(cast(survey_lag_seconds as decimal(18, 6))) as double) as survey_lag_seconds_sum,
        sum(score) as score_sum
    from responses
    group by
        response_date, scale_id, scale_version, scale_direction, source, contact_source, channel,
        country_code, industry, plan_tier, segment, product_area, team, touchpoint,
        collection_channel, question_key, is_bot_only, is_headline
)

select
    scale_id,
    ces_version,
    scale_direction,
    source,
    contact_source,
    channel,
    country_code,
    industry,
    plan_tier,
    segment,
    product_area,
    team,
    touchpoint,
    collection_channel,
    question_key,
    responses_count,
    easy_count,
    responses_count - easy_count - difficult_count as neutral_count,
    difficult_count,
    very_easy_count,
    score_sum,
    survey_lag_count,
    survey_lag_seconds_sum,
    {{ share_pct('easy_count', 'responses_count') }} as ces_easy_pct,
    {{ wilson_pct('easy_count', 'responses_count', 'low') }} as ces_easy_low_pct,
    {{ wilson_pct('easy_count', 'responses_count', 'high') }} as ces_easy_high_pct,
    {{ share_pct('difficult_count', 'responses_count') }} as ces_difficult_pct,
    score_sum / nullif(responses_count, 0) as ces_avg,
    survey_lag_seconds_sum / nullif(survey_lag_count, 0) as survey_lag_seconds_avg,
    case
        when scale_id = 'ces_2'
            then {{ share_pct('(very_easy_count - difficult_count)', 'responses_count') }}
    end as ces_index,
    is_bot_only,
    is_headline,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from counted
