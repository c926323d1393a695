-- One row per delivered visit to a help centre, with its verdict.
{{ config(
    materialized='versioned', entity='help_sessions', key='session_id', kind='help_session'
) }}

with staged as (
    {{- union_entity('help_sessions') }}
)

select
    *,
    {{ reporting_date('started_at') }} as _day
from staged
