{{ config(meta={'dagster': {'ref': {'name': 'mart_abandonment'}}}) }}
-- The mart's sums against the outcomes of chats and calls themselves, without the contact flags.
with outcomes as (
    select
        'voice' as contact_medium,
        count(case when outcome = 'answered' then 1 end) as answered_count,
        count(case when outcome = 'abandoned' then 1 end) as abandoned_count
    from {{ ref('fct_calls') }}
    where is_customer_contact and {{ in_tested_days('contact_date', kinds=['chat', 'call']) }}
    union all
    select
        'chat' as contact_medium,
        count(case when outcome = 'answered' then 1 end) as answered_count,
        count(case when outcome = 'abandoned' then 1 end) as abandoned_count
    from {{ ref('fct_chats') }}
    where is_customer_contact and {{ in_tested_days('contact_date', kinds=['chat', 'call']) }}
),

marts as (
    select
        contact_medium,
        sum(offered_count) as offered_count,
        sum(answered_count) as answered_count,
        sum(abandoned_count) as abandoned_count
    from {{ ref('mart_abandonment') }}
    where {{ in_tested_days('contact_date', kinds=['chat', 'call']) }}
    group by contact_medium
)

select
    outcomes.*,
    marts.offered_count as mart_offered_count
from outcomes
left join marts on outcomes.contact_medium = marts.contact_medium
where
    outcomes.answered_count <> coalesce(marts.answered_count, 0)
    or outcomes.abandoned_count <> coalesce(marts.abandoned_count, 0)
    or outcomes.answered_count + outcomes.abandoned_count <> coalesce(marts.offered_count, 0)
