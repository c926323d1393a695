-- One row per change, metric and variant of the metric that had a base before or after it.
{%- set window = var('change_window_days') %}

with changes as (
    select * from {{ ref('dim_changes') }}
    where changed_date is not null
),

dates as (
    select
        min(calendar_date) as first_date,
        max(calendar_date) as as_of_date
    from {{ ref('dim_date') }}
),

days as (
    select * from {{ ref('int_metric_days') }}
),

counted as (
    select
        changes.change_id,
        days.metric_id,
        days.metric_variant,
        cast(sum(
            case when days.metric_date < changes.changed_date then days.met_count else 0 end
        ) as bigint) as before_count,
        cast(sum(
            case when days.metric_date < changes.changed_date then days.base_count else 0 end
        ) as bigint) as before_base_count,
        cast(sum(
            case when days.metric_date >= changes.changed_date then days.met_count else 0 end
        ) as bigint) as after_count,
        cast(sum(
            case when days.metric_date >= changes.changed_date then days.base_count else 0 end
        ) as bigint) as after_base_count
    from changes
    inner join days
        on
            days.metric_date >= {{ add_days('changes.changed_date', '-' ~ window) }}
            and days.metric_date < {{ add_days('changes.changed_date', window) }}
            and (changes.scope_channel is null or changes.scope_channel = days.channel)
            -- Nobody took a contact that was abandoned: it has no team.
            and (
                changes.scope_team is null
                or (changes.scope_team = days.team and days.metric_id <> 'abandon_pct')
            )
    group by changes.change_id, days.metric_id, days.metric_variant
),

-- The last day after the change has to be over, and its own window too where the metric has one.
matured as (
    select
        counted.*,
        changes.description,
        changes.scope_channel,
        changes.scope_team,
        changes.changed_date,
        coalesce(counted.metric_id = changes.scope_metric, false) as is_target_metric,
        {{ add_days('changes.changed_date', '-' ~ window) }} >= dates.first_date
        and {{ add_days('changes.changed_date', window - 1) }} <= dates.as_of_date
        and (
            counted.metric_id <> 'fcr_no_repeat_pct'
            or {{ add_days('changes.changed_date', window - 1 + var('fcr_window_days')) }}
            <= dates.as_of_date
        ) as is_mature
    from counted
    inner join changes on counted.change_id = changes.change_id
    cross join dates
),

compared as (
    select
        *,
        {{ share_pct('before_count', 'before_base_count') }} as before_pct,
        {{ share_pct('after_count', 'after_base_count') }} as after_pct,
        case
            when is_mature
                then
                    {{ share_pct('after_count', 'after_base_count') }}
                    - {{ share_pct('before_count', 'before_base_count') }}
        end as difference_pp,
        case when is_mature then {{ newcombe_pp(
            'after_count', 'after_base_count', 'before_count', 'before_base_count', 'low'
        ) }} end as difference_low_pp,
        case when is_mature then {{ newcombe_pp(
            'after_count', 'after_base_count', 'before_count', 'before_base_count', 'high'
        ) }} end as difference_high_pp
    from matured
)

select
    change_id,
    description,
    scope_channel,
    scope_team,
    metric_id,
    metric_variant,
    before_count,
    before_base_count,
    before_pct,
    {{ wilson_pct('before_count', 'before_base_count', 'low') }} as before_low_pct,
    {{ wilson_pct('before_count', 'before_base_count', 'high') }} as before_high_pct,
    after_count,
    after_base_count,
    after_pct,
    {{ wilson_pct('after_count', 'after_base_count', 'low') }} as after_low_pct,
    {{ wilson_pct('after_count', 'after_base_count', 'high') }} as after_high_pct,
    difference_pp,
    difference_low_pp,
    difference_high_pp,
    difference_low_pp > 0 or difference_high_pp < 0 as is_beyond_chance,
    is_target_metric,
    is_mature,
    is_mature
    and {{ is_reportable('before_base_count') }}
    and {{ is_reportable('after_base_count') }} as is_reportable,
    changed_date
from compared
