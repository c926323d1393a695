-- One row per customer who left, or is a test account.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='compared', touches='exclusions'
) }}

with customers as (
    select * from {{ ref('dim_customers') }}
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- Who leaves after as_of has not left yet.
left_by_now as (
    select
        customers.customer_id,
        customers.is_test,
        case
            when {{ reporting_date('customers.churned_at') }} <= as_of.as_of_date
                then {{ reporting_date('customers.churned_at') }}
        end as left_date
    from customers
    cross join as_of
)

select
    customer_id,
    is_test,
    left_date
from left_by_now
where is_test or left_date is not null
