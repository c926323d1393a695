-- One row per delivered entry of the log of a ticket, with its verdict.
{{ config(
    materialized='versioned', entity='ticket_events', key='event_id', kind='ticket_event',
    part_of={'kind': 'ticket', 'key': 'ticket_id', 'of': 'int_tickets_verdicts'}
) }}

with staged as (
    {{- union_entity('ticket_events') }}
)

select
    *,
    {{ reporting_date('occurred_at') }} as _day
from staged
