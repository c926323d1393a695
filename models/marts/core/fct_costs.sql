-- One row per line of the cost ledger.
with lines as (
    select * from {{ ref('int_cost_ledger_versioned') }}
    where _disposition = 'accepted'
)

select
    line_id,
    coalesce(channel, 'all') as channel,
    coalesce(cost_kind, 'unknown') as cost_kind,
    coalesce(is_one_off, false) as is_one_off,
    amount,
    coalesce(currency, 'unknown') as currency,
    period_start as period_start_date,
    period_end as period_end_date,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from lines
