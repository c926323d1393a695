-- One row per response date, survey scope, source, channel, country, industry, plan tier, product
-- area, team and question.
with responses as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type = 'nps' and is_counted
),

counted as (
    select
        response_date,
        survey_scope,
        source,
        channel,
        country_code,
        industry,
        plan_tier,
        product_area,
        team,
        question_key,
        count(*) as responses_count,
        count(case when is_positive then 1 end) as promoters_count,
        count(case when is_negative then 1 end) as detractors_count,
        sum(score) as score_sum
    from responses
    group by
        response_date, survey_scope, source, channel, country_code, industry, plan_tier,
        product_area, team, question_key
),

scored as (
    select
        *,
        100.0 * (promoters_count - detractors_count) / nullif(responses_count, 0) as nps,
        {{ nps_margin('promoters_count', 'detractors_count', 'responses_count') }} as nps_margin
    from counted
)

select
    survey_scope,
    source,
    channel,
    country_code,
    industry,
    plan_tier,
    product_area,
    team,
    question_key,
    responses_count,
    promoters_count,
    responses_count - promoters_count - detractors_count as passives_count,
    detractors_count,
    score_sum,
    nps,
    nps_margin,
    greatest(nps - nps_margin, -100.0) as nps_low,
    least(nps + nps_margin, 100.0) as nps_high,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from scored
