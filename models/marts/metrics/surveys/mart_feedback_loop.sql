-- One row per month of the feedback, source, kind of feedback and owning team.
with cases as (
    select
        *,
        cast(date_trunc('month', asked_date) as date) as asked_month
    from {{ ref('fct_feedback_cases') }}
    where not is_test
),

counted as (
    select
        asked_month,
        source,
        case_kind,
        owner_team,
        count(*) as cases_count,
        count(case when case_kind = 'complaint' then 1 end) as complaints_count,
        count(case when is_open then 1 end) as open_count,
        count(is_fallen_through) as due_count,
        count(case when is_fallen_through then 1 end) as fell_through_count,
        {%- for step in ['categorised', 'acted', 'followed_up'] %}
        count({{ step }}_at) as {{ step }}_count,
        cast(sum(cast({{ step }}_seconds as decimal(18, 6))) as double) as {{ step }}_seconds_sum,
        {%- endfor %}
        count(case when is_high_effort then 1 end) as high_effort_cases_count,
        count(case when is_high_effort and is_open then 1 end) as high_effort_open_count
    from cases
    group by asked_month, source, case_kind, owner_team
)

select
    source,
    case_kind,
    owner_team,
    cases_count,
    complaints_count,
    open_count,
    due_count,
    fell_through_count,
    high_effort_cases_count,
    high_effort_open_count,
    {%- for step in ['categorised', 'acted', 'followed_up'] %}
    {{ step }}_count,
    {{ step }}_seconds_sum,
    {{ share_pct(step ~ '_count', 'cases_count') }} as {{ step }}_pct,
    {{ step }}_seconds_sum / nullif({{ step }}_count, 0) / 3600 as hours_to_{{ step }}_avg,
    {%- endfor %}
    {{ share_pct('fell_through_count', 'due_count') }} as fell_through_pct,
    {{ wilson_pct('fell_through_count', 'due_count', 'low') }} as fell_through_low_pct,
    {{ wilson_pct('fell_through_count', 'due_count', 'high') }} as fell_through_high_pct,
    case when case_kind = 'complaint' then complaints_count / {{ var('complaining_share') }} end
        as silent_dissatisfied_est,
    {{ is_reportable('due_count') }} as is_reportable,
    asked_month
from counted
