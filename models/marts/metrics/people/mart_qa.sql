-- One row per period (a month, or all time) and agent whose contacts were reviewed in it.
with items as (
    select
        reviews.*,
        coalesce(known.item_role, 'other') as item_role
    from {{ ref('fct_qa_reviews') }} as reviews
    left join {{ ref('qa_items') }} as known on reviews.item_key = known.item_key
    where reviews.review_id is not null and reviews.agent_id is not null
),

agents as (
    select * from {{ ref('dim_agents') }}
),

-- A review counts once, however many items it has.
reviews as (
    select
        review_id,
        agent_id,
        min(review_date) as review_date,
        max(case when is_wow then 1 else 0 end) as wow,
        count(case when item_role = 'followup' then item_score end) as followup_items,
        count(case when item_role = 'followup' and item_score >= item_max then 1 end)
            as followup_met_items,
        -- Exact in decimals: a sum of doubles depends on the order of its rows.
        sum(case when item_score is not null then cast(item_score as decimal(18, 3)) end)
            as points,
        sum(case when item_score is not null then cast(item_max as decimal(18, 3)) end)
            as points_possible
    from items
    group by review_id, agent_id
),

spread as (
    select
        *,
        'month' as period,
        cast(date_trunc('month', review_date) as date) as period_start_date
    from reviews
    where review_date is not null
    union all
    select
        *,
        'all' as period,
        cast(null as date) as period_start_date
    from reviews
),

counted as (
    select
        period,
        period_start_date,
        agent_id,
        count(*) as qa_sample_count,
        cast(sum(wow) as bigint) as wow_count,
        count(case when followup_items > 0 then 1 end) as followup_base_count,
        count(case when followup_items > 0 and followup_met_items = followup_items then 1 end)
            as followup_count,
        cast(sum(points) as double) as points_sum,
        cast(sum(points_possible) as double) as points_possible_sum
    from spread
    group by period, period_start_date, agent_id
)

select
    counted.period,
    counted.agent_id,
    coalesce(agents.team, 'unknown') as team,
    counted.qa_sample_count,
    counted.points_sum,
    counted.points_possible_sum,
    {{ share_pct('counted.points_sum', 'counted.points_possible_sum') }} as qa_score_pct,
    counted.wow_count,
    {{ share_pct('counted.wow_count', 'counted.qa_sample_count') }} as qa_wow_pct,
    {{ wilson_pct('counted.wow_count', 'counted.qa_sample_count', 'low') }} as qa_wow_low_pct,
    {{ wilson_pct('counted.wow_count', 'counted.qa_sample_count', 'high') }} as qa_wow_high_pct,
    counted.followup_base_count,
    counted.followup_count,
    {{ share_pct('counted.followup_count', 'counted.followup_base_count') }}
        as post_solve_followup_pct,
    {{ wilson_pct('counted.followup_count', 'counted.followup_base_count', 'low') }}
        as post_solve_followup_low_pct,
    {{ wilson_pct('counted.followup_count', 'counted.followup_base_count', 'high') }}
        as post_solve_followup_high_pct,
    {{ is_reportable('counted.qa_sample_count') }} as is_reportable,
    counted.period_start_date
from counted
left join agents on counted.agent_id = agents.agent_id
