{{ config(meta={'dagster': {'ref': {'name': 'mart_fcr'}}}) }}
-- Eligible = in the base + immature + repeats + not measurable: nothing leaves the base unseen.
select *
from {{ ref('mart_fcr') }}
where
    {{ in_tested_days('contact_date', 'contact_type') }}
    and eligible_count
    <> fcr_no_repeat_base_count + immature_count + repeat_contacts_count + not_measurable_count
