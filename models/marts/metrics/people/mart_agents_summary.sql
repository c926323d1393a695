-- One row per response date, agent, team, source and rating scale; answers to the question
-- 'overall' about contacts that people served.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}

with responses as (
    select * from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'csat'
        and is_counted
        and is_headline
        and agent_id is not null
        and {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    select
        response_date,
        agent_id,
        team,
        source,
        scale_id,
        count(*) as responses_count,
        count(case when is_positive then 1 end) as satisfied_count
    from responses
    group by response_date, agent_id, team, source, scale_id
)

select
    agent_id,
    team,
    source,
    scale_id,
    responses_count,
    satisfied_count,
    {{ share_pct('satisfied_count', 'responses_count') }} as csat_pct,
    {{ wilson_pct('satisfied_count', 'responses_count', 'low') }} as csat_low_pct,
    {{ wilson_pct('satisfied_count', 'responses_count', 'high') }} as csat_high_pct,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from counted
