-- One row per contact day, source, product area, and day and source of the customer's contact about
-- the same area before: contacts, and contacts that came back to a resolved one.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', storage='table',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes', 'area'],
    follows={'ticket': [0, 31]}
) }}

with contacts as (
    select
        source,
        product_area,
        contact_date,
        is_customer_contact,
        is_customer_contact
        and customer_id is not null
        and product_area <> 'unknown'
        and started_at is not null as is_measurable,
        is_fcr_eligible and coalesce(is_resolved, true) as is_resolved_contact
    from {{ ref('fct_contacts') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

predecessors as (
    select * from {{ ref('int_area_predecessors') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

-- A ticket is solved days after others came back to it: none of them has to be found again.
resolved_tickets as (
    select contact_id
    from {{ ref('fct_contacts') }}
    where
        contact_type = 'ticket'
        and is_fcr_eligible
        and coalesce(is_resolved, true)
        and {{ in_days_around('contact_date', ['ticket'], back=31) }}
),

measured as (
    select
        contact_date,
        source,
        product_area,
        cast(null as date) as previous_date,
        cast(null as {{ dbt.type_string() }}) as previous_source,
        count(case when is_customer_contact and not is_measurable then 1 end) as contact_count,
        count(case when is_measurable and is_resolved_contact then 1 end) as resolved_count,
        count(case when not is_measurable and is_resolved_contact then 1 end)
            as not_measurable_count,
        0 as return_count,
        0 as new_customer_count,
        0 as second_request_count,
        count(*) as delivered_count
    from contacts
    group by contact_date, source, product_area

    union all

    select
        predecessors.contact_date,
        predecessors.source,
        predecessors.product_area,
        predecessors.previous_date,
        predecessors.previous_source,
        predecessors.contact_count,
        0 as resolved_count,
        0 as not_measurable_count,
        case
            when predecessors.previous_is_resolved or resolved_tickets.contact_id is not null
                then predecessors.contact_count
            else 0
        end as return_count,
        predecessors.new_customer_count,
        0 as second_request_count,
        0 as delivered_count
    from predecessors
    left join resolved_tickets on predecessors.previous_ticket_id = resolved_tickets.contact_id

    union all

    select
        contact_date,
        asked_first_of as source,
        product_area,
        cast(null as date) as previous_date,
        cast(null as {{ dbt.type_string() }}) as previous_source,
        0 as contact_count,
        0 as resolved_count,
        0 as not_measurable_count,
        0 as return_count,
        0 as new_customer_count,
        contact_count as second_request_count,
        0 as delivered_count
    from predecessors
    where asked_first_of is not null
)

select
    source,
    product_area,
    previous_date,
    previous_source,
    {%- for name in [
        'contact', 'resolved', 'not_measurable', 'return', 'new_customer', 'second_request',
        'delivered',
    ] %}
    cast(sum({{ name }}_count) as bigint) as {{ name }}_count,
    {%- endfor %}
    contact_date
from measured
group by source, product_area, previous_date, previous_source, contact_date
