-- One row per shopping cart.
{{ config(materialized='by_day', day='cart_date', reads=['cart']) }}

with carts as (
    select * from {{ ref('int_carts_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='cart') }}
)

select
    cart_id,
    customer_id,
    coalesce(step_reached, 'unknown') as step_reached,
    coalesce(channel, 'web') as channel,
    coalesce(device, 'unknown') as device,
    coalesce(country_code, 'unknown') as country_code,
    purchased_at is not null as is_purchased,
    coalesce(is_test, false) as is_test,
    _day as cart_date,
    created_at,
    coalesce(purchased_at, last_activity_at, created_at) as last_activity_at,
    purchased_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from carts
