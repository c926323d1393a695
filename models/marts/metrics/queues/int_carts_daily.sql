-- One row per day on which carts were opened, day of their last activity, furthest step, bought or
-- not, source, channel, device and country; without test orders.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='cart_date', reads=['cart']
) }}

with carts as (
    select
        *,
        {{ reporting_date('last_activity_at') }} as last_activity_date
    from {{ ref('fct_carts') }}
    where not is_test and {{ in_run_days(none, 'cart_date', kind='cart') }}
)

select
    source,
    channel,
    device,
    country_code,
    step_reached,
    is_purchased,
    count(*) as carts_count,
    cart_date,
    last_activity_date
from carts
group by
    source, channel, device, country_code, step_reached, is_purchased, cart_date, last_activity_date
