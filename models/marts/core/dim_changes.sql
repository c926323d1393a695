-- One row per change of process, tool or rule.
with changes as (
    select * from {{ ref('int_changes_versioned') }}
    where _disposition = 'accepted'
)

select
    change_id,
    description,
    scope_channel,
    scope_team,
    scope_metric,
    {{ reporting_date('changed_at') }} as changed_date,
    changed_at,
    _source,
    _load_date,
    _run_id
from changes
