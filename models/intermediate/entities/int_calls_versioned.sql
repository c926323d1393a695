-- One row per delivered call row, with its verdict.
with staged as (
    {{- union_entity('calls') }}
),

-- Most rows are accepted: only the others are looked up, so that no content is kept twice.
others as (
    select * from {{ ref('int_calls_verdicts') }}
    where
        _disposition in ('superseded', 'quarantined')
        and {{ in_run_load_dates('calls', '_load_date') }}
)

select
    staged.*,
    coalesce(others._disposition, 'accepted') as _disposition
from staged
left join others
    on
        staged._load_date = others._load_date
        and staged._row_number = others._row_number
        and staged._source = others._source
        and staged._source_table = others._source_table
        and staged._source_file = others._source_file
