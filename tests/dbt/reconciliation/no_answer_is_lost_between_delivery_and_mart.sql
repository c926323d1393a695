{{ config(meta={'dagster': {'ref': {'name': 'fct_survey_responses'}}}) }}
-- Accepted answers = facts, and the counted facts = the sum of the three survey marts.
with accepted as (
    select count(*) as accepted_count
    from {{ ref('int_survey_responses_versioned') }}
    where _disposition = 'accepted'
),

facts as (
    select
        count(*) as fact_count,
        count(case when is_counted and survey_type <> 'fcr' then 1 end) as counted_count
    from {{ ref('fct_survey_responses') }}
),

marts as (
    select sum(responses_count) as mart_count
    from (
        select responses_count from {{ ref('mart_csat') }}
        union all
        select responses_count from {{ ref('mart_nps') }}
        union all
        select responses_count from {{ ref('mart_ces') }}
    ) as answers
)

select
    accepted.accepted_count,
    facts.fact_count,
    facts.counted_count,
    marts.mart_count
from accepted
cross join facts
cross join marts
where
    accepted.accepted_count <> facts.fact_count
    or facts.counted_count <> coalesce(marts.mart_count, 0)
