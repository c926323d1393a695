-- One row per metric, variant, day, channel, team, country and industry: what a share is made of.
{{ config(schema='intermediate', contract={'enforced': false}, materialized='view') }}

with csat as (
    select * from {{ ref('mart_csat') }}
    where is_headline
),

ces as (
    select * from {{ ref('mart_ces') }}
    where is_headline
),

fcr as (
    select * from {{ ref('mart_fcr') }}
),

abandonment as (
    select * from {{ ref('mart_abandonment') }}
)

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
