-- One row per delivered invitation to a survey, with its verdict.
{{ config(
    materialized='versioned', entity='survey_invitations', key='invitation_id', kind='invitation'
) }}

with staged as (
    {{- union_entity('survey_invitations') }}
)

select
    *,
    {{ reporting_date('sent_at') }} as _day
from staged
