-- One row per delivered conversation with a bot, with its verdict.
{{ config(materialized='versioned', entity='bot_sessions', key='session_id', kind='bot_session') }}

with staged as (
    {{- union_entity('bot_sessions') }}
)

select
    *,
    {{ reporting_date('started_at') }} as _day
from staged
