-- One row per response date, survey scope, source, channel, country, question and headline flag.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}

with daily as (
    select * from {{ ref('mart_nps') }}
    where {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    {{ added_up(
        'daily',
        by=[
            'response_date', 'survey_scope', 'source', 'channel', 'country_code', 'question_key',
            'is_headline',
        ],
        counts=['responses_count', 'promoters_count', 'passives_count', 'detractors_count'],
        amounts=['score_sum'],
    ) }}
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
    channel,
    country_code,
    question_key,
    responses_count,
    promoters_count,
    passives_count,
    detractors_count,
    score_sum,
    nps,
    nps_margin,
    case when nps_margin is not null then greatest(nps - nps_margin, -100) end as nps_low,
    case when nps_margin is not null then least(nps + nps_margin, 100) end as nps_high,
    is_headline,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from scored
