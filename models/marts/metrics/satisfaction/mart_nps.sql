-- One row per response date, survey scope, source, contact source, channel, country, industry,
-- plan tier, segment, product area, team, touchpoint, collection channel, stated reason, question
-- and bot flag.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}

with responses as (
    select * from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'nps'
        and is_counted
        and {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    select
        response_date,
        survey_scope,
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
        reason_code,
        question_key,
        is_bot_only,
        is_headline,
        count(*) as responses_count,
        count(case when is_positive then 1 end) as promoters_count,
        count(case when is_negative then 1 end) as detractors_count,
        sum(score) as score_sum
    from responses
    group by
        response_date, survey_scope, source, contact_source, channel, country_code, industry,
        plan_tier, segment, product_area, team, touchpoint, collection_channel, reason_code,
        question_key, is_bot_only, is_headline
),

scored as (
    select
        *,
        {{ share_pct('(promoters_count - detractors_count)', 'responses_count') }} as nps,
        {{ nps_margin('promoters_count', 'detractors_count', 'responses_count') }} as nps_margin
    from counted
)

select
    survey_scope,
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
    reason_code,
    question_key,
    responses_count,
    promoters_count,
    responses_count - promoters_count - detractors_count as passives_count,
    detractors_count,
    score_sum,
    nps,
    nps_margin,
    case when nps_margin is not null then greatest(nps - nps_margin, -100) end as nps_low,
    case when nps_margin is not null then least(nps + nps_margin, 100) end as nps_high,
    is_bot_only,
    is_headline,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from scored
