-- One row per payment.
with payments as (
    select * from {{ ref('int_payments_versioned') }}
    where _disposition = 'accepted'
)

select
    payment_id,
    customer_id,
    coalesce(currency, 'unknown') as currency,
    amount,
    {{ reporting_date('paid_at') }} as paid_date,
    paid_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from payments
