-- One row per response date, source, channel, country, segment, touchpoint, collection channel and
-- effort that the customer stated about the same contact.
{{ config(materialized='by_day', day='response_date', reads=['response']) }}
{%- set roles = {
    'repurchase': 'repurchase_intent',
    'negative_wom': 'negative_word_of_mouth',
    'competitor_intent': 'competitor_intent',
    'perceived_long_wait': 'perceived_long_wait',
    'greeted_well': 'greeting',
} %}

with responses as (
    select
        *,
        coalesce(effort_scale_id, 'unknown') as stated_scale_id,
        coalesce(effort_band, 'unknown') as stated_band
    from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'statement'
        and is_counted
        and {{ in_run_days(none, 'response_date', kind='response') }}
),

counted as (
    select
        response_date,
        source,
        channel,
        country_code,
        segment,
        touchpoint,
        collection_channel,
        stated_scale_id,
        stated_band,
        {%- for name, role in roles.items() %}
        count(case when question_role = '{{ role }}' then 1 end) as {{ name }}_base_count,
        count(case when question_role = '{{ role }}' and score = 1 then 1 end)
            as {{ name }}_count,
        {%- endfor %}
        count(*) as statements_count
    from responses
    group by
        response_date, source, channel, country_code, segment, touchpoint, collection_channel,
        stated_scale_id, stated_band
)

select
    source,
    channel,
    country_code,
    segment,
    touchpoint,
    collection_channel,
    stated_scale_id as effort_scale_id,
    stated_band as effort_band,
    statements_count,
    {%- for name in roles %}
    {{ name }}_base_count,
    {{ name }}_count,
    {{ share_pct(name ~ '_count', name ~ '_base_count') }} as {{ name }}_pct,
    {{ wilson_pct(name ~ '_count', name ~ '_base_count', 'low') }} as {{ name }}_low_pct,
    {{ wilson_pct(name ~ '_count', name ~ '_base_count', 'high') }} as {{ name }}_high_pct,
    {%- endfor %}
    {{ is_reportable('statements_count') }} as is_reportable,
    response_date
from counted
