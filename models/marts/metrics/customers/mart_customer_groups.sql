-- One row per kind of group and group of customers who are no test accounts.
{%- set kinds = {
    'all': "'all'",
    'segment': 'segment',
    'plan_tier': 'plan_tier',
    'vulnerable': "case when is_vulnerable then 'vulnerable' when not is_vulnerable then "
    ~ "'not_vulnerable' else 'unknown' end",
    'lifecycle_stage': 'lifecycle_stage',
} %}

with customers as (
    select * from {{ ref('mart_customers') }}
),

{% for kind, value in kinds.items() -%}
by_{{ kind }} as (
    select
        '{{ kind }}' as group_kind,
        {{ value }} as group_value,
        count(*) as customers_count,
        count(case when is_churned then 1 end) as churned_count,
        count(case when contacts_count > 0 then 1 end) as in_contact_count,
        count(case when opportunity_flag then 1 end) as opportunity_count,
        count(case when rag = 'red' and not is_churned then 1 end) as red_count,
        cast(sum(contacts_count) as bigint) as contacts_count,
        cast(sum(fcr_no_repeat_base_count) as bigint) as fcr_no_repeat_base_count,
        cast(sum(fcr_no_repeat_count) as bigint) as fcr_no_repeat_count,
        cast(sum(csat_responses_count) as bigint) as csat_responses_count,
        cast(sum(satisfied_count) as bigint) as satisfied_count,
        cast(sum(ces_responses_count) as bigint) as ces_responses_count,
        cast(sum(easy_count) as bigint) as easy_count,
        count(revenue) as paying_count,
        count(distinct currency) as currencies_count,
        cast(sum(cast(revenue as decimal(18, 4))) as double) as revenue_sum,
        cast(sum(cast(clv as decimal(18, 4))) as double) as clv_sum
    from customers
    group by {{ value }}
),

{% endfor -%}
counted as (
    {%- for kind in kinds %}
    select * from by_{{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    group_kind,
    group_value,
    customers_count,
    churned_count,
    in_contact_count,
    red_count,
    opportunity_count,
    contacts_count,
    cast(contacts_count as double) / nullif(customers_count, 0) as contacts_per_customer_avg,
    fcr_no_repeat_base_count,
    fcr_no_repeat_count,
    {{ share_pct('fcr_no_repeat_count', 'fcr_no_repeat_base_count') }} as fcr_no_repeat_pct,
    csat_responses_count,
    satisfied_count,
    {{ share_pct('satisfied_count', 'csat_responses_count') }} as csat_pct,
    {{ wilson_pct('satisfied_count', 'csat_responses_count', 'low') }} as csat_low_pct,
    {{ wilson_pct('satisfied_count', 'csat_responses_count', 'high') }} as csat_high_pct,
    ces_responses_count,
    easy_count,
    {{ share_pct('easy_count', 'ces_responses_count') }} as ces_easy_pct,
    paying_count,
    case when currencies_count = 1 then revenue_sum end as revenue_sum,
    case when currencies_count = 1 then clv_sum end as clv_sum,
    case when currencies_count = 1 then clv_sum end / nullif(paying_count, 0) as clv_avg,
    {{ is_reportable('csat_responses_count') }} as is_reportable
from counted
