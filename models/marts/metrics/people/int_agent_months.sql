-- One row per kind and month of contacts, agent, team, channel and reason: what people served.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', kind='contact_type', day='month_start_date', period='month',
    storage='table', reads=['ticket', 'chat', 'call']
) }}

with days as (
    select
        *,
        cast(date_trunc('month', contact_date) as date) as month_start_date
    from {{ ref('int_agent_days') }}
    where contacts_count > 0 and {{ in_run_months('contact_type', 'contact_date') }}
)

select
    contact_type,
    month_start_date,
    agent_id,
    team,
    channel,
    reason,
    {%- for name in (
        'contacts_count', 'handle_count', 'fcr_no_repeat_base_count', 'fcr_no_repeat_count',
        'replies_base_count', 'replies_sum', 'returning_count', 'same_agent_count',
    ) %}
    cast(sum({{ name }}) as bigint) as {{ name }},
    {%- endfor %}
    sum(handle_seconds_sum) as handle_seconds_sum
from days
group by contact_type, month_start_date, agent_id, team, channel, reason
