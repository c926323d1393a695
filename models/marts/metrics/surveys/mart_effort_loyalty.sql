-- One row per year of the response, scale of the effort question and band of effort.
with statements as (
    select
        *,
        cast(extract(year from response_date) as bigint) as response_year
    from {{ ref('mart_survey_statements') }}
    where effort_band <> 'unknown' and response_date is not null
),

counted as (
    select
        response_year,
        effort_scale_id,
        effort_band,
        cast(sum(repurchase_base_count) as bigint) as repurchase_base_count,
        cast(sum(repurchase_count) as bigint) as repurchase_count,
        cast(sum(negative_wom_base_count) as bigint) as negative_wom_base_count,
        cast(sum(negative_wom_count) as bigint) as negative_wom_count
    from statements
    group by response_year, effort_scale_id, effort_band
)

select
    response_year,
    effort_scale_id,
    effort_band,
    {%- for name in ['repurchase', 'negative_wom'] %}
    {{ name }}_base_count,
    {{ name }}_count,
    {{ share_pct(name ~ '_count', name ~ '_base_count') }} as {{ name }}_pct,
    {{ wilson_pct(name ~ '_count', name ~ '_base_count', 'low') }} as {{ name }}_low_pct,
    {{ wilson_pct(name ~ '_count', name ~ '_base_count', 'high') }} as {{ name }}_high_pct,
    {%- endfor %}
    {{ is_reportable('least(repurchase_base_count, negative_wom_base_count)') }} as is_reportable
from counted
