-- One row per response date, source, channel, country, rating scale, question and headline flag.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}

with daily as (
    select * from {{ ref('mart_csat') }}
    where {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    {{ added_up(
        'daily',
        by=[
            'response_date', 'source', 'channel', 'country_code', 'scale_id', 'score_min',
            'score_max', 'question_key', 'is_headline',
        ],
        counts=['responses_count', 'satisfied_count', 'dissatisfied_count'],
        amounts=['score_sum'],
    ) }}
)

select
    source,
    channel,
    country_code,
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
    is_headline,
    {{ is_reportable('responses_count') }} as is_reportable,
    response_date
from counted
