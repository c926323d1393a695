-- One row per delivered agent row, with its verdict.
{{ version_entity('agents', 'agent_id') }}
