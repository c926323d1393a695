-- One row per delivered customer row, with its verdict.
{{ version_entity('customers', 'customer_id') }}
