-- One row per year of the response, dimension, value of the dimension and rating scale; answers to
-- the question 'overall' in surveys about contacts that people served.
{%- set dimensions = {
    'all': "'all'",
    'country': 'country_code',
    'industry': 'industry',
    'channel': 'channel',
    'plan': 'plan_tier',
    'segment': 'segment',
    'team': 'team',
    'touchpoint': 'touchpoint',
    'collection_channel': 'collection_channel',
    'vulnerable': "case when is_vulnerable then 'yes' when not is_vulnerable then 'no' "
        ~ "else 'unknown' end",
} %}

with answers as (
    select
        *,
        cast(extract(year from response_date) as bigint) as response_year
    from {{ ref('mart_csat') }}
    where is_headline and response_date is not null
),

counted as (
    {%- for dimension, expression in dimensions.items() %}
    select
        response_year,
        '{{ dimension }}' as dimension,
        {{ expression }} as dimension_value,
        scale_id,
        cast(sum(responses_count) as bigint) as responses_count,
        cast(sum(satisfied_count) as bigint) as satisfied_count
    from answers
    group by response_year, {{ expression }}, scale_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

rated as (
    select
        *,
        {{ share_pct('satisfied_count', 'responses_count') }} as csat_pct,
        {{ wilson_pct('satisfied_count', 'responses_count', 'low') }} as csat_low_pct,
        {{ wilson_pct('satisfied_count', 'responses_count', 'high') }} as csat_high_pct,
        -- Who is not known has no rank and is no yardstick.
        {{ is_reportable('responses_count') }} and dimension_value <> 'unknown' as is_ranked
    from counted
),

ranked as (
    select
        *,
        case
            when is_ranked
                then rank() over (
                    partition by response_year, dimension, scale_id, is_ranked
                    order by csat_pct desc
                )
        end as csat_rank,
        case
            when is_ranked
                then rank() over (
                    partition by response_year, dimension, scale_id, is_ranked
                    order by csat_low_pct desc
                )
        end as csat_low_rank,
        max(case when is_ranked then csat_pct end) over (
            partition by response_year, dimension, scale_id
        ) as best_csat_pct
    from rated
)

select
    present.response_year,
    present.dimension,
    present.dimension_value,
    present.scale_id,
    present.responses_count,
    present.satisfied_count,
    present.csat_pct,
    present.csat_low_pct,
    present.csat_high_pct,
    previous.csat_pct as csat_pct_prev_year,
    present.csat_pct - previous.csat_pct as csat_delta_pp,
    present.csat_rank,
    present.csat_low_rank,
    case when present.is_ranked then present.best_csat_pct - present.csat_pct end as csat_gap_pp,
    {{ is_reportable('present.responses_count') }} as is_reportable
from ranked as present
left join ranked as previous
    on
        present.response_year = previous.response_year + 1
        and present.dimension = previous.dimension
        and present.dimension_value = previous.dimension_value
        and present.scale_id = previous.scale_id
