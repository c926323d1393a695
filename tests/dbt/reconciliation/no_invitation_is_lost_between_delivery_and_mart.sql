{{ config(meta={'dagster': {'ref': {'name': 'fct_survey_invitations'}}}) }}
-- Accepted invitations = facts, and the facts without test accounts = the sum of the mart.
with accepted as (
    select coalesce(sum(rows_count), 0) as accepted_count
    from {{ ref('int_lake_counts') }}
    where entity = 'survey_invitations' and _disposition = 'accepted'
),

counted as (
    select coalesce(sum(rows_count), 0) as fact_count
    from ({{ rows_by_day(ref('fct_survey_invitations'), none, 'sent_date') }}) as invitations
),

facts as (
    select count(case when not is_test then 1 end) as counted_count
    from {{ ref('fct_survey_invitations') }}
    where {{ in_tested_days('sent_date') }}
),

marts as (
    select coalesce(sum(invitations_count), 0) as mart_count
    from {{ ref('mart_survey_response') }}
    where {{ in_tested_days('sent_date') }}
)

select
    accepted.accepted_count,
    counted.fact_count,
    facts.counted_count,
    marts.mart_count
from accepted
cross join counted
cross join facts
cross join marts
where
    accepted.accepted_count <> counted.fact_count
    or facts.counted_count <> marts.mart_count
