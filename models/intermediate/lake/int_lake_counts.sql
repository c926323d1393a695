-- One row per entity, delivered file, day of the contact or answer, verdict and reason.
{{ config(materialized='view') }}

{%- for entity in var('entities') %}
-- depends_on: {{ ref(
    'int_' ~ entity ~ ('_verdicts' if entity in ('tickets', 'chats', 'calls') else '_versioned')
) }}
{%- endfor %}

select
    entity,
    _source,
    _source_table,
    _load_date,
    _source_file,
    day,
    _disposition,
    reject_rule,
    rows_count
from {{ state('lake_counts') }}
