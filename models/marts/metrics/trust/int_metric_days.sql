-- One row per metric, variant, day, channel, team, country and industry: what a share is made of.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='metric_date', reads=['ticket', 'chat', 'call', 'response']
) }}

with csat as (
    select * from {{ ref('mart_csat') }}
    where is_headline and {{ in_run_days(none, 'response_date', kind='response') }}
),

ces as (
    select * from {{ ref('mart_ces') }}
    where is_headline and {{ in_run_days(none, 'response_date', kind='response') }}
),

fcr as (
    select * from {{ ref('mart_fcr') }}
    where {{ in_run_days(none, 'contact_date', kind='chat') }}
),

abandonment as (
    select * from {{ ref('mart_abandonment') }}
    where {{ in_run_days(none, 'contact_date', kind='chat') }}
),

parts as (
    select
        'csat_pct' as metric_id,
        scale_id as metric_variant,
        response_date as metric_date,
        channel,
        team,
        country_code,
        industry,
        satisfied_count as met_count,
        responses_count as base_count
    from csat

    union all

    select
        'ces_easy_pct' as metric_id,
        scale_id as metric_variant,
        response_date as metric_date,
        channel,
        team,
        country_code,
        industry,
        easy_count as met_count,
        responses_count as base_count
    from ces

    union all

    select
        'fcr_no_repeat_pct' as metric_id,
        'all' as metric_variant,
        contact_date as metric_date,
        channel,
        team,
        country_code,
        industry,
        fcr_no_repeat_count as met_count,
        fcr_no_repeat_base_count as base_count
    from fcr

    union all

    select
        'abandon_pct' as metric_id,
        contact_medium as metric_variant,
        contact_date as metric_date,
        channel,
        team,
        country_code,
        industry,
        net_abandoned_count as met_count,
        net_offered_count as base_count
    from abandonment
)

select
    metric_id,
    metric_variant,
    metric_date,
    channel,
    team,
    country_code,
    industry,
    cast(sum(met_count) as bigint) as met_count,
    cast(sum(base_count) as bigint) as base_count
from parts
group by metric_id, metric_variant, metric_date, channel, team, country_code, industry
