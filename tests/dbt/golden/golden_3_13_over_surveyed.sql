{{ config(meta={'dagster': {'ref': {'name': 'fct_survey_invitations'}}}) }}
-- More than 1 invitation in 7 days or more than 3 in 90 is one too many, and only a delivered one
-- can be.
select *
from {{ ref('fct_survey_invitations') }}
where
    {{ in_tested_days('sent_date') }}
    and is_over_surveyed is distinct from case
        when is_delivered then prior_invites_7d_count + 1 > 1 or prior_invites_90d_count + 1 > 3
    end
