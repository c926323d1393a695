-- One row per benchmark: figures of others from the seed, and our own month before.
with benchmarks as (
    select
        *,
        -- A benchmark of an industry that we split further is compared with all parts of it.
        coalesce(country_code, '*') as country_key,
        coalesce(industry, '*') as industry_key
    from {{ ref('benchmarks') }}
),

parts as (
    select * from {{ ref('benchmark_industries') }}
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

months as (
    select
        metric_days.metric_id,
        metric_days.metric_variant,
        metric_days.country_code,
        metric_days.industry,
        cast(extract(year from metric_days.metric_date) as bigint) as metric_year,
        cast(date_trunc('month', metric_days.metric_date) as date) as month_start_date,
        sum(metric_days.met_count) as met_count,
        sum(metric_days.base_count) as base_count
    from {{ ref('int_metric_days') }} as metric_days
    cross join as_of
    where metric_days.metric_date <= as_of.as_of_date
    group by
        metric_days.metric_id, metric_days.metric_variant, metric_days.country_code,
        metric_days.industry, extract(year from metric_days.metric_date),
        date_trunc('month', metric_days.metric_date)
),

matched as (
    select
        benchmarks.benchmark_id,
        benchmarks.metric_year as benchmark_year,
        months.metric_year,
        months.metric_variant,
        cast(sum(months.met_count) as bigint) as our_count,
        cast(sum(months.base_count) as bigint) as our_base_count
    from benchmarks
    inner join months
        on
            benchmarks.metric_id = months.metric_id
            and benchmarks.country_key in ('*', months.country_code)
    left join parts
        on
            benchmarks.industry = parts.benchmark_industry
            and months.industry = parts.industry
    where
        benchmarks.industry_key in ('*', months.industry)
        or parts.industry is not null
    group by
        benchmarks.benchmark_id, benchmarks.metric_year, months.metric_year, months.metric_variant
),

-- The year of the benchmark where we have it, else our latest; of several scales or media, which
-- are never pooled, the one with the larger base.
chosen as (
    select
        *,
        row_number() over (
            partition by benchmark_id
            order by
                case when metric_year = benchmark_year then 0 else 1 end asc,
                metric_year desc,
                our_base_count desc,
                metric_variant asc
        ) as place
    from matched
    where our_base_count > 0
),

external_benchmarks as (
    select
        benchmarks.benchmark_id,
        benchmarks.metric_id,
        benchmarks.metric_year,
        benchmarks.country_code,
        benchmarks.industry,
        benchmarks.unit,
        benchmarks.population,
        benchmarks.definition,
        benchmarks.source,
        benchmarks.answers,
        benchmarks.value as benchmark_value,
        true as is_external_benchmark,
        benchmarks.definition_matches_ours,
        chosen.metric_variant as our_variant,
        chosen.metric_year as our_year,
        chosen.our_count,
        chosen.our_base_count
    from benchmarks
    left join chosen
        on
            benchmarks.benchmark_id = chosen.benchmark_id
            and chosen.place = 1
),

bounds as (
    select cast(date_trunc('month', {{ add_days('as_of_date', 1) }}) as date) as end_date
    from as_of
),

last_months as (
    select
        end_date,
        {{ add_months('end_date', -1) }} as last_date,
        {{ add_months('end_date', -2) }} as before_date
    from bounds
),

own_months as (
    select
        months.metric_id,
        months.metric_variant,
        last_months.before_date,
        last_months.last_date,
        cast(sum(
            case
                when months.month_start_date < last_months.last_date then months.met_count
                else 0
            end
        ) as bigint) as before_count,
        cast(sum(
            case
                when months.month_start_date < last_months.last_date then months.base_count
                else 0
            end
        ) as bigint) as before_base_count,
        cast(sum(
            case
                when months.month_start_date >= last_months.last_date then months.met_count
                else 0
            end
        ) as bigint) as our_count,
        cast(sum(
            case
                when months.month_start_date >= last_months.last_date then months.base_count
                else 0
            end
        ) as bigint) as our_base_count
    from months
    inner join last_months
        on
            months.month_start_date >= last_months.before_date
            and months.month_start_date < last_months.end_date
    group by
        months.metric_id, months.metric_variant, last_months.before_date, last_months.last_date
),

internal_benchmarks as (
    select
        'own_month_before_' || metric_id || '_' || metric_variant as benchmark_id,
        metric_id,
        cast(extract(year from before_date) as bigint) as metric_year,
        cast(null as {{ dbt.type_string() }}) as country_code,
        cast(null as {{ dbt.type_string() }}) as industry,
        'percent' as unit,
        'Ourselves in the month before the last complete one' as population,
        'As metric_registry defines it' as definition,
        'This warehouse' as source,
        '4.13' as answers,
        {{ share_pct('before_count', 'before_base_count') }} as benchmark_value,
        false as is_external_benchmark,
        true as definition_matches_ours,
        metric_variant as our_variant,
        cast(extract(year from last_date) as bigint) as our_year,
        our_count,
        our_base_count
    from own_months
    where before_base_count > 0
),

both_kinds as (
    select * from external_benchmarks
    union all
    select * from internal_benchmarks
)

select
    benchmark_id,
    metric_id,
    metric_year,
    country_code,
    industry,
    benchmark_value,
    unit,
    population,
    definition,
    source,
    answers,
    our_variant,
    our_year,
    our_count,
    our_base_count,
    {{ share_pct('our_count', 'our_base_count') }} as our_value_pct,
    {{ wilson_pct('our_count', 'our_base_count', 'low') }} as our_low_pct,
    {{ wilson_pct('our_count', 'our_base_count', 'high') }} as our_high_pct,
    case
        when definition_matches_ours and unit = 'percent'
            then {{ share_pct('our_count', 'our_base_count') }} - benchmark_value
    end as difference_pp,
    is_external_benchmark,
    definition_matches_ours,
    coalesce({{ is_reportable('our_base_count') }}, false) as is_reportable
from both_kinds
