-- One row per delivered ticket row, with its verdict.
{{ version_entity('tickets', 'ticket_id') }}
