-- One row per month of the response, survey scope, group of the score and stated reason.
{%- set groups = {'promoter': 'promoters', 'passive': 'passives', 'detractor': 'detractors'} %}

with answers as (
    select
        *,
        cast(date_trunc('month', response_date) as date) as month_start_date
    from {{ ref('mart_nps') }}
    where is_headline and response_date is not null
),

counted as (
    {%- for nps_group, column in groups.items() %}
    select
        month_start_date,
        survey_scope,
        '{{ nps_group }}' as nps_group,
        reason_code,
        cast(sum({{ column }}_count) as bigint) as answers_count
    from answers
    group by month_start_date, survey_scope, reason_code
    having sum({{ column }}_count) > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- Answers without a reason are counted, and are in no share.
totals as (
    select
        *,
        cast(sum(case when reason_code <> 'unknown' then answers_count end) over (
            partition by month_start_date, survey_scope, nps_group
        ) as bigint) as reasons_count
    from counted
),

given as (
    select
        *,
        rank() over (
            partition by month_start_date, survey_scope, nps_group order by answers_count desc
        ) as reason_rank
    from totals
    where reason_code <> 'unknown'
)

select
    totals.survey_scope,
    totals.nps_group,
    totals.reason_code,
    totals.answers_count,
    totals.reasons_count,
    case
        when totals.reason_code <> 'unknown'
            then {{ share_pct('totals.answers_count', 'totals.reasons_count') }}
    end as reason_share_pct,
    given.reason_rank,
    totals.month_start_date
from totals
left join given
    on
        totals.month_start_date = given.month_start_date
        and totals.survey_scope = given.survey_scope
        and totals.nps_group = given.nps_group
        and totals.reason_code = given.reason_code
