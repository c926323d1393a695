-- One row per month of the response, touchpoint, survey type, survey scope, measurement source,
-- question and rating scale.
with answers as (
    select
        response_date,
        touchpoint,
        'csat' as survey_type,
        'unknown' as survey_scope,
        measurement_source,
        question_key,
        scale_id,
        responses_count,
        satisfied_count as positive_count,
        dissatisfied_count as negative_count
    from {{ ref('mart_csat') }}
    where not is_bot_only
    union all
    select
        response_date,
        touchpoint,
        'ces' as survey_type,
        'unknown' as survey_scope,
        'survey' as measurement_source,
        question_key,
        scale_id,
        responses_count,
        easy_count as positive_count,
        difficult_count as negative_count
    from {{ ref('mart_ces') }}
    where is_headline
    union all
    select
        response_date,
        touchpoint,
        'nps' as survey_type,
        survey_scope,
        'survey' as measurement_source,
        question_key,
        'nps_11' as scale_id,
        responses_count,
        promoters_count as positive_count,
        detractors_count as negative_count
    from {{ ref('mart_nps') }}
    where is_headline
),

counted as (
    select
        cast(date_trunc('month', response_date) as date) as month_start_date,
        touchpoint,
        survey_type,
        survey_scope,
        measurement_source,
        question_key,
        scale_id,
        cast(sum(responses_count) as bigint) as responses_count,
        cast(sum(positive_count) as bigint) as positive_count,
        cast(sum(negative_count) as bigint) as negative_count
    from answers
    where response_date is not null
    group by
        cast(date_trunc('month', response_date) as date), touchpoint, survey_type, survey_scope,
        measurement_source, question_key, scale_id
)

select
    counted.touchpoint,
    coalesce(touchpoints.journey_stage, 'unknown') as journey_stage,
    touchpoints.stage_order,
    counted.survey_type,
    counted.survey_scope,
    counted.measurement_source,
    counted.question_key,
    counted.scale_id,
    counted.responses_count,
    counted.positive_count,
    counted.negative_count,
    {{ share_pct('counted.positive_count', 'counted.responses_count') }} as positive_pct,
    {{ wilson_pct('counted.positive_count', 'counted.responses_count', 'low') }}
        as positive_low_pct,
    {{ wilson_pct('counted.positive_count', 'counted.responses_count', 'high') }}
        as positive_high_pct,
    case
        when counted.survey_type = 'csat'
            then {{ share_pct('counted.positive_count', 'counted.responses_count') }}
    end as csat_pct,
    case
        when counted.survey_type = 'ces'
            then {{ share_pct('counted.positive_count', 'counted.responses_count') }}
    end as ces_easy_pct,
    {{ share_pct('(counted.positive_count - counted.negative_count)', 'counted.responses_count') }}
        as sentiment_points,
    {{ is_reportable('counted.responses_count') }} as is_reportable,
    counted.month_start_date
from counted
left join {{ ref('touchpoints') }} as touchpoints on counted.touchpoint = touchpoints.touchpoint
