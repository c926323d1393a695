-- One row per contact date, contact type, source, channel, country, industry, plan tier, product
-- area and team; all variants of first-contact resolution side by side.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date', reads=['ticket', 'chat', 'call']
) }}

{%- set variants = [
    'no_repeat', 'net', 'one_touch', 'single_customer_message',
    'closed_once_one_teammate', 'no_reopen', 'survey',
] %}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where is_fcr_eligible and {{ in_run_days('contact_type', 'contact_date') }}
),

-- The customer's own word: with several questions about it, every answer has to be yes.
stated as (
    select
        contact_id,
        min(case when is_positive then 1 else 0 end) = 1 as is_fcr_survey
    from {{ ref('fct_survey_responses') }}
    where
        survey_type = 'fcr'
        and is_counted
        and contact_id is not null
        and {{ in_run_days("split_part(contact_id, ':', 1)", 'contact_date') }}
    group by contact_id
),

reasons as (
    select * from {{ ref('contact_reasons') }}
),

joined as (
    select
        contacts.*,
        stated.is_fcr_survey,
        coalesce(reasons.is_self_servable, false) as is_self_servable
    from contacts
    left join stated on contacts.contact_id = stated.contact_id
    left join reasons on contacts.reason = reasons.reason
),

counted as (
    select
        contact_date,
        contact_type,
        source,
        channel,
        country_code,
        industry,
        plan_tier,
        product_area,
        team,
        count(case when is_repeat_measurable and not is_first_contact then 1 end)
            as repeat_contacts_count,
        count(case when is_first_contact and not is_repeat_window_mature then 1 end)
            as immature_count,
        count(case when not is_repeat_measurable then 1 end) as not_measurable_count,
        count(case when is_fcr_no_repeat and is_self_servable then 1 end)
            as fcr_self_servable_count,
        -- Counts alone are known: at most one reply for each time that it was solved.
        count(
            case
                when
                    contact_type = 'ticket' and reopen_count > 0
                    and agent_reply_count
                    <= reopen_count + case when is_resolved then 1 else 0 end then 1
            end
        ) as reopened_after_one_touch_count,
        {%- for variant in variants %}
        count(is_fcr_{{ variant }}) as fcr_{{ variant }}_base_count,
        count(case when is_fcr_{{ variant }} then 1 end) as fcr_{{ variant }}_count,
        {%- endfor %}
        count(*) as eligible_count
    from joined
    group by
        contact_date, contact_type, source, channel, country_code, industry, plan_tier,
        product_area, team
)

select
    contact_type,
    source,
    channel,
    country_code,
    industry,
    plan_tier,
    product_area,
    team,
    eligible_count,
    repeat_contacts_count,
    immature_count,
    not_measurable_count,
    fcr_no_repeat_base_count - fcr_no_repeat_count as non_fcr_count,
    fcr_self_servable_count,
    reopened_after_one_touch_count,
    {%- for variant in variants %}
    {%- set count = 'fcr_' ~ variant ~ '_count' %}
    {%- set base = 'fcr_' ~ variant ~ '_base_count' %}
    {{ base }},
    {{ count }},
    {{ share_pct(count, base) }} as fcr_{{ variant }}_pct,
    {{ wilson_pct(count, base, 'low') }} as fcr_{{ variant }}_low_pct,
    {{ wilson_pct(count, base, 'high') }} as fcr_{{ variant }}_high_pct,
    {%- endfor %}
    {{ is_reportable('fcr_no_repeat_base_count') }} as is_reportable,
    contact_date
from counted
