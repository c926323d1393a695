-- One row per survey type, question and rating scale that was answered or that the seed knows.
with members as (
    select distinct member_id
    from {{ ref('int_members_seen') }}
    where member_kind = 'question'
),

questions as (
    select * from {{ ref('survey_questions') }}
),

scales as (
    select * from {{ ref('rating_scales') }}
),

asked as (
    select
        {{ dbt.split_part('member_id', "':'", 1) }} as survey_type,
        {{ dbt.split_part('member_id', "':'", 2) }} as scale_id,
        {{ dbt.split_part('member_id', "':'", 3) }} as question_key
    from members
),

-- A question that nobody has answered yet has no scale.
unanswered as (
    select
        questions.survey_type,
        cast(null as {{ dbt.type_string() }}) as scale_id,
        questions.question_key
    from questions
    left join asked
        on
            questions.survey_type = asked.survey_type
            and questions.question_key = asked.question_key
    where asked.question_key is null
),

known as (
    select * from asked
    union all
    select * from unanswered
)

select
    known.survey_type,
    known.question_key,
    known.scale_id,
    coalesce(questions.question_role, 'unknown') as question_role,
    coalesce(questions.question_group, 'unknown') as question_group,
    coalesce(questions.answer_format, 'scale') as answer_format,
    coalesce(scales.direction, 'unknown') as direction,
    questions.description as wording,
    scales.score_min,
    scales.score_max,
    scales.positive_min,
    scales.positive_max,
    known.scale_id is not null as is_answered
from known
left join questions
    on known.survey_type = questions.survey_type and known.question_key = questions.question_key
left join scales on known.scale_id = scales.scale_id
