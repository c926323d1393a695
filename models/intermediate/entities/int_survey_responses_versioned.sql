-- One row per delivered answer to a survey question, with its verdict.
{{ config(
    materialized='versioned', entity='survey_responses', key='response_id', kind='response',
    versions=true
) }}

with unioned as (
    {{- union_entity('survey_responses') }}
),

scales as (
    select * from {{ ref('rating_scales') }}
),

-- An unrated zero is no answer; any other score outside its scale is nobody's opinion.
checked as (
    select
        unioned.response_id,
        unioned.survey_type,
        unioned.scale_id,
        unioned.question_key,
        case when unioned.score = scales.unrated_score then null else unioned.score end as score,
        unioned.is_relational,
        unioned.customer_id,
        unioned.contact_type,
        unioned.contact_ref_id,
        unioned.agent_id,
        unioned.channel,
        unioned.country_code,
        unioned.invitation_id,
        unioned.touchpoint,
        unioned.collection_channel,
        unioned.measurement_source,
        unioned.reason_code,
        unioned.has_comment,
        unioned.sent_at,
        unioned.responded_at,
        unioned.updated_at,
        unioned._version,
        case
            when unioned._reject_reason is not null then unioned._reject_reason
            when unioned.scale_id is null then 'scale_id: expected a rating scale, found none'
            when unioned.survey_type <> scales.survey_type
                then
                    'scale_id: expected a scale of ' || unioned.survey_type
                    || ', found ' || unioned.scale_id
            when unioned.score = scales.unrated_score then null
            when unioned.score <> floor(unioned.score)
                then 'score: expected a whole number, found ' || {{ text_of('unioned.score') }}
            when not unioned.score between scales.score_min and scales.score_max
                then
                    'score: expected ' || {{ text_of('scales.score_min') }}
                    || ' to ' || {{ text_of('scales.score_max') }}
                    || ' on scale ' || unioned.scale_id
                    || ', found ' || {{ text_of('unioned.score') }}
        end as _reject_reason,
        unioned._source,
        unioned._source_table,
        unioned._source_file,
        unioned._row_number,
        unioned._load_date,
        unioned._run_id
    from unioned
    left join scales on unioned.scale_id = scales.scale_id
)

select
    *,
    {{ reporting_date('responded_at') }} as _day
from checked
