-- One row per contact day, source, channel, product area and day by which a solution was promised.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', storage='table', reads=['ticket'],
    causes=['rows', 'attributes']
) }}

with tickets as (
    select * from {{ ref('fct_tickets') }}
    where
        is_customer_contact
        and promise_due_at is not null
        and {{ in_run_days(none, 'contact_date', kind='ticket') }}
)

select
    source,
    channel,
    product_area,
    {{ reporting_date('promise_due_at') }} as due_date,
    count(*) as promised_count,
    count(
        case
            when coalesce(first_solved_at, solved_at, closed_at) <= promise_due_at then 1
        end
    ) as kept_count,
    contact_date
from tickets
group by source, channel, product_area, due_date, contact_date
