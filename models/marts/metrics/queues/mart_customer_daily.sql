-- One row per contact date and customer who made contact.
{{ config(
    materialized='by_day', day='contact_date', reads=['ticket', 'chat', 'call'],
    causes=['rows', 'attributes']
) }}

with customer_days as (
    select * from {{ ref('int_customer_days') }}
    where customer_id is not null and {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

counted as (
    select
        contact_date,
        customer_id,
        cast(sum(contact_count) as bigint) as contacts_count,
        {%- for name in ('ticket', 'chat', 'call') %}
        cast(sum(case when contact_type = '{{ name }}' then contact_count else 0 end) as bigint)
            as {{ name }}s_count,
        {%- endfor %}
        {%- for name in ('handled', 'offered', 'abandoned', 'wait', 'handle_time') %}
        cast(sum({{ name }}_count) as bigint) as {{ name }}_count,
        {%- endfor %}
        {%- for name in ('call', 'chat') %}
        cast(sum(case when contact_type = '{{ name }}' then handle_seconds_sum end) as double)
            as {{ name }}_handle_seconds_sum,
        {%- endfor %}
        max(wait_seconds_max) as wait_seconds_max,
        cast(sum(wait_seconds_sum) as double) as wait_seconds_sum
    from customer_days
    group by contact_date, customer_id
)

select
    customer_id,
    contacts_count,
    tickets_count,
    chats_count,
    calls_count,
    handled_count,
    offered_count,
    abandoned_count,
    wait_count,
    handle_time_count,
    wait_seconds_max,
    wait_seconds_sum,
    call_handle_seconds_sum,
    chat_handle_seconds_sum,
    wait_seconds_sum / nullif(wait_count, 0) as wait_seconds_avg,
    contact_date
from counted
