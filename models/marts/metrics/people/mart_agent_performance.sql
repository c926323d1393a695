-- One row per period (a month, or all time) and agent who served a contact or was rated in it.
{%- set components = [
    'contacts_count', 'handle_count', 'fcr_no_repeat_base_count', 'fcr_no_repeat_count',
    'replies_base_count', 'replies_sum', 'returning_count', 'same_agent_count',
] %}

with agents as (
    select * from {{ ref('dim_agents') }}
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

months as (
    select * from {{ ref('int_agent_months') }}
),

-- All time has a few rows for each of a month's; it is added up before it meets anything.
all_time as (
    select
        agent_id,
        team,
        channel,
        reason,
        {%- for name in components %}
        cast(sum({{ name }}) as bigint) as {{ name }},
        {%- endfor %}
        sum(handle_seconds_sum) as handle_seconds_sum
    from months
    group by agent_id, team, channel, reason
),

answers as (
    select * from {{ ref('int_agent_answers') }}
),

needed_skills as (
    select * from {{ ref('reason_skills') }}
),

-- 0001-01-01 stands for all time while it is computed: NULL joins nothing.
served as (
    {%- for period, key, relation in (
        ('month', 'month_start_date', 'months'), ('all', "date '0001-01-01'", 'all_time'),
    ) %}
    select
        '{{ period }}' as period,
        {{ key }} as period_key,
        agent_id,
        team,
        channel,
        reason,
        {{ components | join(', ') }},
        handle_seconds_sum
    from {{ relation }}
    {{ 'where month_start_date is not null union all' if not loop.last }}
    {%- endfor %}
),

rated as (
    select
        *,
        'month' as period,
        cast(date_trunc('month', response_date) as date) as period_key
    from answers
    where response_date is not null
    union all
    select
        *,
        'all' as period,
        date '0001-01-01' as period_key
    from answers
),

-- What anybody reaches on this channel and reason: the standard that agents are held against. In
-- whole millionths of seconds and billionths of a share, whose sums have no order and are fast.
served_strata as (
    select
        period,
        period_key,
        channel,
        reason,
        cast(round(
            1000000 * cast(sum(handle_seconds_sum) as double) / nullif(sum(handle_count), 0)
        ) as bigint) as stratum_aht,
        cast(round(
            1000000000 * cast(sum(fcr_no_repeat_count) as double)
            / nullif(sum(fcr_no_repeat_base_count), 0)
        ) as bigint) as stratum_fcr
    from served
    group by period, period_key, channel, reason
),

overall_fcr as (
    select
        period,
        period_key,
        cast(round(
            1000000000 * cast(sum(fcr_no_repeat_count) as double)
            / nullif(sum(fcr_no_repeat_base_count), 0)
        ) as bigint) as period_fcr
    from served
    group by period, period_key
),

rated_counts as (
    select
        period,
        period_key,
        agent_id,
        scale_id,
        channel,
        reason,
        count(*) as responses_count,
        count(case when is_positive then 1 end) as satisfied_count
    from rated
    group by period, period_key, agent_id, scale_id, channel, reason
),

rated_shares as (
    select
        period,
        period_key,
        scale_id,
        channel,
        reason,
        cast(round(
            1000000000 * cast(sum(satisfied_count) as double) / sum(responses_count)
        ) as bigint) as stratum_csat
    from rated_counts
    group by period, period_key, scale_id, channel, reason
),

rated_strata as (
    select
        *,
        cast(round(
            cast(stratum_csat * (1000000000 - stratum_csat) as double) / 1000000000
        ) as bigint) as stratum_variance
    from rated_shares
),

rated_overall as (
    select
        period,
        period_key,
        scale_id,
        {{ share_pct('sum(satisfied_count)', 'sum(responses_count)') }} as period_csat_pct
    from rated_counts
    group by period, period_key, scale_id
),

served_agents as (
    select
        served.period,
        served.period_key,
        served.agent_id,
        count(distinct served.team) as teams_count,
        cast(sum(served.contacts_count) as bigint) as contacts_count,
        cast(sum(
            case
                when strata.stratum_fcr < overall_fcr.period_fcr then served.contacts_count
                else 0
            end
        ) as bigint) as hard_contacts_count,
        cast(sum(served.handle_count) as bigint) as handle_count,
        cast(sum(served.handle_seconds_sum) as double) as handle_seconds_sum,
        cast(sum(served.handle_count * strata.stratum_aht) as double) / 1000000
            as handle_seconds_expected,
        cast(sum(served.fcr_no_repeat_base_count) as bigint) as fcr_no_repeat_base_count,
        cast(sum(served.fcr_no_repeat_count) as bigint) as fcr_no_repeat_count,
        cast(sum(served.fcr_no_repeat_base_count * strata.stratum_fcr) as double) / 1000000000
            as fcr_no_repeat_expected,
        cast(sum(served.replies_base_count) as bigint) as replies_base_count,
        cast(sum(served.replies_sum) as bigint) as replies_sum,
        cast(sum(served.returning_count) as bigint) as returning_count,
        cast(sum(served.same_agent_count) as bigint) as same_agent_count,
        cast(sum(
            case
                when needed_skills.skill is not null and agents.skills is not null
                    then served.contacts_count
                else 0
            end
        ) as bigint) as skill_needed_count,
        cast(sum(
            case
                when
                    ',' || replace(agents.skills, ' ', '') || ','
                    like '%,' || needed_skills.skill || ',%'
                    then served.contacts_count
                else 0
            end
        ) as bigint) as skill_matched_count
    from served
    inner join served_strata as strata
        on
            served.period = strata.period
            and served.period_key = strata.period_key
            and served.channel = strata.channel
            and served.reason = strata.reason
    inner join overall_fcr
        on
            served.period = overall_fcr.period
            and served.period_key = overall_fcr.period_key
    left join agents on served.agent_id = agents.agent_id
    left join needed_skills on served.reason = needed_skills.reason
    group by served.period, served.period_key, served.agent_id
),

rated_agents as (
    select
        rated_counts.period,
        rated_counts.period_key,
        rated_counts.agent_id,
        rated_counts.scale_id,
        cast(sum(rated_counts.responses_count) as bigint) as responses_count,
        cast(sum(rated_counts.satisfied_count) as bigint) as satisfied_count,
        cast(sum(rated_counts.responses_count * strata.stratum_csat) as double) / 1000000000
            as satisfied_expected,
        cast(sum(rated_counts.responses_count * strata.stratum_variance) as double) / 1000000000
            as satisfied_variance
    from rated_counts
    inner join rated_strata as strata
        on
            rated_counts.period = strata.period
            and rated_counts.period_key = strata.period_key
            and rated_counts.scale_id = strata.scale_id
            and rated_counts.channel = strata.channel
            and rated_counts.reason = strata.reason
    group by
        rated_counts.period, rated_counts.period_key, rated_counts.agent_id, rated_counts.scale_id
),

-- Scales are never pooled: an agent is judged on the scale that most of his answers are on.
ranked_scales as (
    select
        *,
        row_number() over (
            partition by period, period_key, agent_id
            order by responses_count desc, scale_id asc
        ) as scale_rank,
        sum(responses_count) over (partition by period, period_key, agent_id) as all_responses_count
    from rated_agents
),

members as (
    select
        period,
        period_key,
        agent_id
    from served_agents
    union
    select
        period,
        period_key,
        agent_id
    from rated_agents
),

joined as (
    select
        members.period,
        members.period_key,
        members.agent_id,
        coalesce(agents.team, 'unknown') as team,
        coalesce(agents.role, 'unknown') as role,
        coalesce(agents.is_bot, false) as is_bot,
        agents.skills,
        {{ reporting_date('agents.left_at') }} as left_date,
        as_of.as_of_date,
        coalesce(served_agents.teams_count, 0) as teams_count,
        coalesce(served_agents.contacts_count, 0) as contacts_count,
        coalesce(served_agents.hard_contacts_count, 0) as hard_contacts_count,
        coalesce(served_agents.handle_count, 0) as handle_count,
        served_agents.handle_seconds_sum,
        served_agents.handle_seconds_expected,
        coalesce(served_agents.fcr_no_repeat_base_count, 0) as fcr_no_repeat_base_count,
        coalesce(served_agents.fcr_no_repeat_count, 0) as fcr_no_repeat_count,
        served_agents.fcr_no_repeat_expected,
        coalesce(served_agents.replies_base_count, 0) as replies_base_count,
        served_agents.replies_sum,
        coalesce(served_agents.returning_count, 0) as returning_count,
        coalesce(served_agents.same_agent_count, 0) as same_agent_count,
        coalesce(served_agents.skill_needed_count, 0) as skill_needed_count,
        coalesce(served_agents.skill_matched_count, 0) as skill_matched_count,
        ranked_scales.scale_id,
        coalesce(ranked_scales.responses_count, 0) as responses_count,
        coalesce(ranked_scales.satisfied_count, 0) as satisfied_count,
        cast(
            coalesce(ranked_scales.all_responses_count - ranked_scales.responses_count, 0) as bigint
        ) as other_scale_responses_count,
        ranked_scales.satisfied_expected,
        ranked_scales.satisfied_variance,
        rated_overall.period_csat_pct
    from members
    cross join as_of
    left join agents on members.agent_id = agents.agent_id
    left join served_agents
        on
            members.period = served_agents.period
            and members.period_key = served_agents.period_key
            and members.agent_id = served_agents.agent_id
    left join ranked_scales
        on
            members.period = ranked_scales.period
            and members.period_key = ranked_scales.period_key
            and members.agent_id = ranked_scales.agent_id
            and ranked_scales.scale_rank = 1
    left join rated_overall
        on
            ranked_scales.period = rated_overall.period
            and ranked_scales.period_key = rated_overall.period_key
            and ranked_scales.scale_id = rated_overall.scale_id
),

computed as (
    select
        *,
        {{ share_pct('satisfied_count', 'responses_count') }} as csat_pct,
        {{ wilson_pct('satisfied_count', 'responses_count', 'low') }} as csat_low_pct,
        {{ wilson_pct('satisfied_count', 'responses_count', 'high') }} as csat_high_pct,
        {{ share_pct('satisfied_expected', 'responses_count') }} as csat_expected_pct,
        {{ share_pct('sqrt(satisfied_variance)', 'responses_count') }} as csat_standard_error_pp,
        {{ share_pct('fcr_no_repeat_count', 'fcr_no_repeat_base_count') }} as fcr_no_repeat_pct,
        {{ wilson_pct('fcr_no_repeat_count', 'fcr_no_repeat_base_count', 'low') }}
            as fcr_no_repeat_low_pct,
        {{ wilson_pct('fcr_no_repeat_count', 'fcr_no_repeat_base_count', 'high') }}
            as fcr_no_repeat_high_pct,
        {{ share_pct('fcr_no_repeat_expected', 'fcr_no_repeat_base_count') }}
            as fcr_no_repeat_expected_pct,
        handle_seconds_sum / nullif(handle_seconds_expected, 0) as handle_time_ratio,
        {{ is_reportable('responses_count') }} as is_reportable
    from joined
),

funnelled as (
    select
        *,
        greatest(0, csat_expected_pct - {{ var('interval_z') }} * csat_standard_error_pp)
            as funnel_low_pct,
        least(100, csat_expected_pct + {{ var('interval_z') }} * csat_standard_error_pp)
            as funnel_high_pct,
        -- 99.8 %: of forty agents who are all alike, about two lie outside of 95 %.
        greatest(0, csat_expected_pct - 3.09 * csat_standard_error_pp) as funnel_alarm_low_pct,
        least(100, csat_expected_pct + 3.09 * csat_standard_error_pp) as funnel_alarm_high_pct
    from computed
),

placed as (
    select
        *,
        case
            when csat_pct is null then null
            when csat_pct < funnel_alarm_low_pct then 'below_alarm'
            when csat_pct < funnel_low_pct then 'below'
            when csat_pct > funnel_alarm_high_pct then 'above_alarm'
            when csat_pct > funnel_high_pct then 'above'
            else 'within'
        end as funnel_position
    from funnelled
),

-- Ranked by what he reaches at least: ten answers of ten are not better than 95 of 100.
ranks as (
    select
        period,
        period_key,
        agent_id,
        cast(rank() over (
            partition by period, period_key, scale_id order by csat_low_pct desc
        ) as bigint) as agent_rank
    from placed
    where is_reportable and not is_bot
)

select
    placed.period,
    placed.agent_id,
    placed.team,
    placed.role,
    placed.skills,
    placed.teams_count,
    placed.contacts_count,
    placed.hard_contacts_count,
    {{ share_pct('placed.hard_contacts_count', 'placed.contacts_count') }} as hard_contacts_pct,
    placed.scale_id,
    placed.responses_count,
    placed.satisfied_count,
    placed.other_scale_responses_count,
    placed.csat_pct,
    placed.csat_low_pct,
    placed.csat_high_pct,
    placed.satisfied_expected,
    placed.csat_expected_pct,
    least(
        100, placed.period_csat_pct * placed.satisfied_count / nullif(placed.satisfied_expected, 0)
    ) as csat_case_mix_adj_pct,
    placed.funnel_low_pct,
    placed.funnel_high_pct,
    placed.funnel_alarm_low_pct,
    placed.funnel_alarm_high_pct,
    placed.funnel_position,
    ranks.agent_rank,
    placed.fcr_no_repeat_base_count,
    placed.fcr_no_repeat_count,
    placed.fcr_no_repeat_pct,
    placed.fcr_no_repeat_low_pct,
    placed.fcr_no_repeat_high_pct,
    placed.fcr_no_repeat_expected_pct,
    placed.handle_count,
    placed.handle_seconds_sum,
    placed.handle_seconds_sum / nullif(placed.handle_count, 0) as handle_seconds_avg,
    placed.handle_seconds_expected / nullif(placed.handle_count, 0) as handle_seconds_expected_avg,
    placed.handle_time_ratio,
    placed.replies_base_count,
    placed.replies_sum,
    cast(placed.replies_sum as double) / nullif(placed.replies_base_count, 0) as replies_avg,
    placed.returning_count,
    placed.same_agent_count,
    {{ share_pct('placed.same_agent_count', 'placed.returning_count') }} as same_agent_pct,
    {{ wilson_pct('placed.same_agent_count', 'placed.returning_count', 'low') }}
        as same_agent_low_pct,
    {{ wilson_pct('placed.same_agent_count', 'placed.returning_count', 'high') }}
        as same_agent_high_pct,
    placed.skill_needed_count,
    placed.skill_matched_count,
    {{ share_pct('placed.skill_matched_count', 'placed.skill_needed_count') }} as skill_match_pct,
    {{ wilson_pct('placed.skill_matched_count', 'placed.skill_needed_count', 'low') }}
        as skill_match_low_pct,
    {{ wilson_pct('placed.skill_matched_count', 'placed.skill_needed_count', 'high') }}
        as skill_match_high_pct,
    case
        when placed.is_bot or not placed.is_reportable then null
        when placed.funnel_position in ('below', 'below_alarm') then 'simple'
        when
            placed.funnel_position in ('above', 'above_alarm')
            or (
                placed.csat_pct >= placed.csat_expected_pct
                and placed.fcr_no_repeat_low_pct >= placed.fcr_no_repeat_expected_pct
            )
            then 'complex'
        when placed.handle_time_ratio >= {{ var('slow_agent_ratio') }} then 'simple'
        else 'standard'
    end as suggested_route_tier,
    placed.is_bot,
    coalesce(placed.left_date <= placed.as_of_date, false) as is_former,
    placed.is_reportable,
    case when placed.period = 'month' then placed.period_key end as period_start_date,
    placed.left_date
from placed
left join ranks
    on
        placed.period = ranks.period
        and placed.period_key = ranks.period_key
        and placed.agent_id = ranks.agent_id
