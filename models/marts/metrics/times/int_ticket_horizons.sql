-- One row per source of tickets: the last day of which it told.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='compared', touches='ticket_horizons'
) }}

select
    source,
    max(contact_date) as seen_until_date
from {{ ref('fct_ticket_times') }}
group by source
