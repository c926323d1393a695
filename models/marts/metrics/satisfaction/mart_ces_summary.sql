-- One row per response date, rating scale (version of the question), source, channel, country,
-- question and headline flag.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}

with daily as (
    select * from {{ ref('mart_ces') }}
    where {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    {{ added_up(
        'daily',
        by=[
            'response_date', 'scale_id', 'ces_version', 'scale_direction', 'source', 'channel',
            'country_code', 'question_key', 'is_headline',
        ],
        counts=[
            'responses_count', 'easy_count', 'neutral_count', 'difficult_count', 'very_easy_count',
            'survey_lag_count',
        ],
        amounts=['score_sum', 'survey_lag_seconds_sum'],
    ) }}
)

select
    scale_id,
    ces_version,
    scale_direction,
    source,
    channel,
    country_code,
    question_key,
    responses_count,
    easy_count,
    neutral_count,
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
    is_headline,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from counted
