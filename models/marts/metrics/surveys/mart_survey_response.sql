-- One row per day of sending, source, survey type, survey scope, collection channel, touchpoint,
-- country, segment and band of earlier invitations.
{{ config(
    materialized='by_day', day='sent_date', reads=['invitation'], follows={'invitation': [0, 91]}
) }}

with invitations as (
    select
        *,
        case
            when prior_invites_90d_count is null then 'unknown'
            when prior_invites_90d_count = 0 then '0'
            when prior_invites_90d_count = 1 then '1'
            when prior_invites_90d_count <= 3 then '2-3'
            when prior_invites_90d_count <= 6 then '4-6'
            else '7 or more'
        end as prior_invites_band
    from {{ ref('fct_survey_invitations') }}
    where not is_test and {{ in_run_days(none, 'sent_date', kind='invitation') }}
),

counted as (
    select
        sent_date,
        source,
        survey_type,
        survey_scope,
        collection_channel,
        touchpoint,
        country_code,
        segment,
        prior_invites_band,
        count(*) as invitations_count,
        count(suppressed_reason) as suppressed_count,
        count(case when is_bounced then 1 end) as bounced_count,
        count(case when is_delivered then 1 end) as delivered_count,
        count(case when is_delivered then opened_at end) as opened_count,
        count(case when is_responded then 1 end) as responses_count,
        count(case when is_responded then is_completed end) as completion_known_count,
        count(case when is_completed then 1 end) as completed_count,
        count(is_over_surveyed) as contactability_known_count,
        count(case when is_over_surveyed then 1 end) as over_surveyed_count,
        count(case when is_delivered then questions_count end) as questions_known_count,
        cast(sum(case when is_delivered then questions_count end) as bigint) as questions_sum,
        count(response_seconds) as timed_responses_count,
        count(case when response_seconds <= 3600 then 1 end) as responses_within_1h_count,
        count(case when response_seconds <= 86400 then 1 end) as responses_within_24h_count,
        cast(sum(cast(response_seconds as decimal(18, 6))) as double) as response_seconds_sum
    from invitations
    group by
        sent_date, source, survey_type, survey_scope, collection_channel, touchpoint, country_code,
        segment, prior_invites_band
)

select
    source,
    survey_type,
    survey_scope,
    collection_channel,
    touchpoint,
    country_code,
    segment,
    prior_invites_band,
    invitations_count,
    suppressed_count,
    bounced_count,
    delivered_count,
    opened_count,
    responses_count,
    completion_known_count,
    completed_count,
    contactability_known_count,
    over_surveyed_count,
    questions_known_count,
    questions_sum,
    timed_responses_count,
    responses_within_1h_count,
    responses_within_24h_count,
    response_seconds_sum,
    {{ share_pct('responses_count', 'delivered_count') }} as response_rate_pct,
    {{ wilson_pct('responses_count', 'delivered_count', 'low') }} as response_rate_low_pct,
    {{ wilson_pct('responses_count', 'delivered_count', 'high') }} as response_rate_high_pct,
    {{ share_pct('completed_count', 'completion_known_count') }} as completion_pct,
    {{ share_pct('over_surveyed_count', 'contactability_known_count') }} as over_surveyed_pct,
    questions_sum / cast(nullif(questions_known_count, 0) as double) as questions_avg,
    response_seconds_sum / nullif(timed_responses_count, 0) / 3600 as hours_to_response_avg,
    {{ is_reportable('delivered_count') }} as is_reportable,
    sent_date
from counted
