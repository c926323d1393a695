{{ config(meta={'dagster': {'ref': {'name': 'fct_survey_responses'}}}) }}
-- Accepted answers = facts, and the counted facts = the sum of the four survey marts.
with accepted as (
    select coalesce(sum(rows_count), 0) as accepted_count
    from {{ ref('int_lake_counts') }}
    where entity = 'survey_responses' and _disposition = 'accepted'
),

counted as (
    select coalesce(sum(rows_count), 0) as fact_count
    from ({{ rows_by_day(ref('fct_survey_responses'), none, 'response_date') }}) as responses
),

facts as (
    select count(case when is_counted and survey_type <> 'fcr' then 1 end) as counted_count
    from {{ ref('fct_survey_responses') }}
    where {{ in_tested_days('response_date') }}
),

marts as (
    select sum(responses_count) as mart_count
    from (
        select responses_count from {{ ref('mart_csat') }}
        where {{ in_tested_days('response_date') }}
        union all
        select responses_count from {{ ref('mart_nps') }}
        where {{ in_tested_days('response_date') }}
        union all
        select responses_count from {{ ref('mart_ces') }}
        where {{ in_tested_days('response_date') }}
        union all
        select statements_count as responses_count from {{ ref('mart_survey_statements') }}
        where {{ in_tested_days('response_date') }}
    ) as answers
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
    or facts.counted_count <> coalesce(marts.mart_count, 0)
