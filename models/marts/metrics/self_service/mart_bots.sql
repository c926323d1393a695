-- One row per session date, source, bot mode and product area.
with daily as (
    select
        *,
        -- A source that never asks whether it helped has no resolutions, rather than none.
        sum(asked_count) over (partition by source) > 0 as is_asking
    from {{ ref('int_self_service_days') }}
    where session_kind = 'bot_session'
),

-- What a contact by chat costs, where the month has one currency.
costs as (
    select
        month_start_date,
        min(currency) as currency,
        min(cost_per_contact) as cost_per_contact
    from {{ ref('mart_cost') }}
    where channel = 'chat' and plan_group = 'all' and is_covered
    group by month_start_date
    having count(*) = 1
),

counted as (
    select
        session_date,
        source,
        bot_mode,
        product_area,
        session_count as bot_sessions_count,
        servable_count as bot_servable_count,
        session_count - servable_count as bot_not_servable_count,
        contained_count as bot_contained_count,
        handed_off_count as bot_handoff_count,
        given_up_count as bot_given_up_count,
        case when is_asking then resolved_count end as bot_resolved_count,
        case when is_asking then servable_count else 0 end as bot_resolution_base_count,
        turn_count as bot_turns_count,
        unanswered_turn_count as bot_unanswered_count,
        unanswered_session_count as bot_unanswered_sessions_count
    from daily
)

select
    counted.session_date,
    counted.source,
    counted.bot_mode,
    counted.product_area,
    counted.bot_sessions_count,
    counted.bot_not_servable_count,
    counted.bot_servable_count,
    counted.bot_contained_count,
    {{ share_pct('counted.bot_contained_count', 'counted.bot_servable_count') }}
        as bot_contained_pct,
    {{ wilson_pct('counted.bot_contained_count', 'counted.bot_servable_count', 'low') }}
        as bot_contained_low_pct,
    {{ wilson_pct('counted.bot_contained_count', 'counted.bot_servable_count', 'high') }}
        as bot_contained_high_pct,
    counted.bot_handoff_count,
    {{ share_pct('counted.bot_handoff_count', 'counted.bot_servable_count') }} as bot_handoff_pct,
    counted.bot_given_up_count,
    {{ share_pct('counted.bot_given_up_count', 'counted.bot_servable_count') }}
        as bot_given_up_pct,
    counted.bot_resolution_base_count,
    counted.bot_resolved_count,
    {{ share_pct('counted.bot_resolved_count', 'counted.bot_resolution_base_count') }}
        as bot_resolved_pct,
    {{ wilson_pct('counted.bot_resolved_count', 'counted.bot_resolution_base_count', 'low') }}
        as bot_resolved_low_pct,
    {{ wilson_pct('counted.bot_resolved_count', 'counted.bot_resolution_base_count', 'high') }}
        as bot_resolved_high_pct,
    counted.bot_turns_count,
    counted.bot_unanswered_count,
    {{ share_pct('counted.bot_unanswered_count', 'counted.bot_turns_count') }}
        as bot_unanswered_pct,
    counted.bot_unanswered_sessions_count,
    counted.bot_resolved_count * costs.cost_per_contact as bot_saved_cost_estimate,
    costs.currency as bot_saved_cost_currency,
    {{ is_reportable('counted.bot_servable_count') }} as is_reportable
from counted
left join costs
    on cast(date_trunc('month', counted.session_date) as date) = costs.month_start_date
