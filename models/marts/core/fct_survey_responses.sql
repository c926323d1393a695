-- One row per answer to one survey question, scored or not.
{{ config(
    materialized='by_day', day='response_date', reads=['response'], context='contacts',
    touches='answers'
) }}

with chosen as (
    select
        *,
        contact_type || ':' || contact_ref_id as contact_id
    from {{ ref('int_survey_responses_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='response') }}
),

contacts_in_work as (
    select distinct
        contact_type,
        contact_ref_id,
        contact_id
    from chosen
    where contact_id is not null
),

-- Of several answers about one contact one counts: the others have to be looked at too. Both read
-- the table itself: the engine holds the whole of an expression that two read.
responses as (
    select * from chosen
    where contact_id is null
    union all
    select
        versions.*,
        contacts_in_work.contact_id
    from {{ ref('int_survey_responses_versioned') }} as versions
    inner join contacts_in_work
        on
            versions.contact_type = contacts_in_work.contact_type
            and versions.contact_ref_id = contacts_in_work.contact_ref_id
    where versions._disposition = 'accepted'
),

-- A rating that was edited keeps its first score beside the latest.
valid_versions as (
    select
        versions.response_id,
        versions.score,
        row_number() over (
            partition by versions.response_id
            order by
                versions._version, versions._load_date, versions._source_file, versions._row_number
        ) as version_rank
    from {{ ref('int_survey_responses_versioned') }} as versions
    inner join chosen on versions.response_id = chosen.response_id
    where versions._disposition <> 'quarantined' and versions.score is not null
),

first_scores as (
    select
        response_id,
        score as first_score
    from valid_versions
    where version_rank = 1
),

scales as (
    select * from {{ ref('rating_scales') }}
),

questions as (
    select * from {{ ref('survey_questions') }}
),

-- Few of all contacts are asked about; the engine would hold all of them to find these.
contacts as (
    select contacts.*
    from {{ ref('fct_contacts') }} as contacts
    where
        {{ in_run_days('contacts.contact_type', 'contacts.contact_date', list='context') }}
        and contacts.contact_id in (select contacts_in_work.contact_id from contacts_in_work)
),

customers as (
    select
        *,
        coalesce(
            lead(valid_from) over (partition by customer_id order by valid_from),
            timestamp '9999-12-31 00:00:00'
        ) as valid_to
    from {{ ref('int_customers_history') }}
),

-- Of several answers about one contact to one question the latest counts; an unscored one never
-- pushes a scored one out. Before anything is joined: to order wide rows is dear.
ranked as (
    select
        responses.response_id,
        responses.contact_id,
        responses.survey_type,
        responses.scale_id,
        responses.responded_at,
        responses.score,
        coalesce(responses.question_key, 'overall') as question_key,
        row_number() over (
            partition by
                coalesce(responses.contact_id, responses.response_id),
                responses.survey_type,
                coalesce(responses.is_relational, false),
                responses.scale_id,
                coalesce(responses.question_key, 'overall')
            order by
                case when responses.score is not null then 0 else 1 end,
                responses.responded_at desc nulls last,
                responses.response_id desc
        ) as answer_rank
    from responses
),

-- The effort that the customer stated about the same contact, for questions that are read by it.
efforts as (
    select
        ranked.contact_id,
        ranked.scale_id as effort_scale_id,
        case
            when ranked.score between scales.positive_min and scales.positive_max then 'low'
            when ranked.score between scales.negative_min and scales.negative_max then 'high'
            else 'neutral'
        end as effort_band,
        row_number() over (
            partition by ranked.contact_id
            order by ranked.responded_at desc nulls last, ranked.response_id desc
        ) as effort_rank
    from ranked
    left join scales on ranked.scale_id = scales.scale_id
    where
        ranked.survey_type = 'ces'
        and ranked.question_key = 'overall'
        and ranked.score is not null
        and ranked.answer_rank = 1
        and ranked.contact_id is not null
),

joined as (
    select
        responses.response_id,
        responses.survey_type,
        responses.scale_id,
        scales.scale_version,
        scales.direction as scale_direction,
        coalesce(responses.question_key, 'overall') as question_key,
        coalesce(questions.question_role, 'unknown') as question_role,
        responses.invitation_id,
        coalesce(responses.touchpoint, 'unknown') as touchpoint,
        coalesce(responses.collection_channel, 'unknown') as collection_channel,
        coalesce(responses.measurement_source, 'survey') as measurement_source,
        coalesce(responses.reason_code, 'unknown') as reason_code,
        responses.has_comment,
        case
            when coalesce(responses.is_relational, false) then 'relational'
            else 'transactional'
        end as survey_scope,
        responses.contact_id,
        ranked.answer_rank,
        contacts.contact_id is not null as is_linked_to_contact,
        coalesce(contacts.source, 'unknown') as contact_source,
        coalesce(responses.customer_id, contacts.customer_id) as customer_id,
        -- Credit goes to who served the contact last; the survey tool's word is second best.
        coalesce(contacts.agent_id, responses.agent_id) as agent_id,
        responses.agent_id as agent_at_survey_id,
        coalesce(nullif(contacts.channel, 'unknown'), responses.channel, 'unknown') as channel,
        coalesce(contacts.product_area, 'unknown') as product_area,
        coalesce(contacts.reason, 'unknown') as reason,
        coalesce(contacts.team, 'unknown') as team,
        coalesce(
            customers.country_code,
            nullif(contacts.country_code, 'unknown'),
            responses.country_code,
            'unknown'
        ) as country_code,
        coalesce(customers.industry, contacts.industry, 'unknown') as industry,
        coalesce(customers.plan_tier, contacts.plan_tier, 'unknown') as plan_tier,
        coalesce(customers.segment, 'unknown') as segment,
        customers.is_vulnerable,
        responses.score,
        first_scores.first_score,
        scales.score_min,
        scales.score_max,
        responses.score between scales.positive_min and scales.positive_max as is_positive,
        responses.score between scales.negative_min and scales.negative_max as is_negative,
        coalesce(contacts.is_bot_only, false) as is_bot_only,
        coalesce(customers.is_test, false) or coalesce(contacts.is_test, false) as is_test,
        {{ seconds_between(
            'coalesce(contacts.first_resolved_at, contacts.ended_at)', 'responses.responded_at'
        ) }} as survey_lag_seconds,
        {{ seconds_between('responses.sent_at', 'responses.responded_at') }} as answer_seconds,
        responses.sent_at,
        responses.responded_at,
        {{ reporting_date('responses.responded_at') }} as response_date,
        contacts.contact_date,
        {{ reporting_date('contacts.resolved_at') }} as resolved_date,
        responses._source,
        responses._source_file,
        responses._row_number,
        responses._load_date,
        responses._run_id
    from responses
    inner join ranked on responses.response_id = ranked.response_id
    left join first_scores on responses.response_id = first_scores.response_id
    left join scales on responses.scale_id = scales.scale_id
    left join questions
        on
            responses.survey_type = questions.survey_type
            and coalesce(responses.question_key, 'overall') = questions.question_key
    left join contacts on responses.contact_id = contacts.contact_id
    left join customers
        on
            coalesce(responses.customer_id, contacts.customer_id) = customers.customer_id
            and coalesce(
                contacts.started_at, responses.responded_at, timestamp '9999-01-01 00:00:00'
            ) >= customers.valid_from
            and coalesce(
                contacts.started_at, responses.responded_at, timestamp '9999-01-01 00:00:00'
            ) < customers.valid_to
),

flagged as (
    select
        joined.*,
        efforts.effort_scale_id,
        efforts.effort_band,
        joined.score is not null and joined.answer_rank = 1 and not joined.is_test as is_counted,
        -- What a headline is made of: one question, asked in a survey, served by people.
        joined.question_key = 'overall'
        and joined.measurement_source = 'survey'
        and not joined.is_bot_only as is_headline
    from joined
    left join efforts
        on joined.contact_id = efforts.contact_id and efforts.effort_rank = 1
    where {{ in_run_days(none, 'response_date', kind='response') }}
)

select
    response_id,
    survey_type,
    scale_id,
    scale_version,
    scale_direction,
    question_key,
    question_role,
    survey_scope,
    invitation_id,
    contact_id,
    customer_id,
    agent_id,
    agent_at_survey_id,
    contact_source,
    channel,
    product_area,
    reason,
    team,
    country_code,
    industry,
    plan_tier,
    segment,
    touchpoint,
    collection_channel,
    measurement_source,
    reason_code,
    effort_scale_id,
    effort_band,
    score,
    first_score,
    cast(score_min as double) as score_min,
    cast(score_max as double) as score_max,
    -- 0 is the worst and 100 the best answer whatever the direction of the scale.
    case
        when scale_direction = 'lower_is_better'
            then 100 * (score_max - score) / (score_max - score_min)
        else 100 * (score - score_min) / (score_max - score_min)
    end as score_pct,
    case when survey_lag_seconds >= 0 then survey_lag_seconds end as survey_lag_seconds,
    case when answer_seconds >= 0 then answer_seconds end as answer_seconds,
    is_positive,
    is_negative,
    is_vulnerable,
    has_comment,
    is_linked_to_contact,
    is_bot_only,
    is_test,
    is_counted,
    is_headline,
    response_date,
    contact_date,
    resolved_date,
    sent_at,
    responded_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from flagged
