-- One row per contact date and customer who made contact.
{{ config(
    materialized='by_day', day='contact_date', reads=['ticket', 'chat', 'call'],
    causes=['rows', 'attributes']
) }}

with contacts as (
    select * from {{ ref('fct_contacts') }}
    where
        is_customer_contact
        and customer_id is not null
        and {{ in_run_days('contact_type', 'contact_date') }}
),

counted as (
    select
        contact_date,
        customer_id,
        count(*) as contacts_count,
        count(case when contact_type = 'ticket' then 1 end) as tickets_count,
        count(case when contact_type = 'chat' then 1 end) as chats_count,
        count(case when contact_type = 'call' then 1 end) as calls_count,
        count(case when is_handled then 1 end) as handled_count,
        count(case when is_offered then 1 end) as offered_count,
        count(case when is_abandoned then 1 end) as abandoned_count,
        count(case when is_offered then wait_seconds end) as wait_count,
        max(case when is_offered then wait_seconds end) as wait_seconds_max,
        cast(
            sum(case when is_offered then cast(wait_seconds as decimal(18, 3)) end) as double
        ) as wait_seconds_sum,
        count(case when is_handled then handle_seconds end) as handle_time_count,
        cast(
            sum(
                case
                    when is_handled and contact_type = 'call'
                        then cast(handle_seconds as decimal(18, 3))
                end
            ) as double
        ) as call_handle_seconds_sum,
        cast(
            sum(
                case
                    when is_handled and contact_type = 'chat'
                        then cast(handle_seconds as decimal(18, 3))
                end
            ) as double
        ) as chat_handle_seconds_sum
    from contacts
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
