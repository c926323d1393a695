-- One row per delivered call row, with its verdict.
{{ version_entity('calls', 'call_id') }}
