-- One row per contact day, source, product area, and day and source of the customer's contact about
-- the same area before: contacts, and contacts that came back to a resolved one.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', storage='table',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes'],
    follows={'ticket': [0, 31], 'chat': [0, 31], 'call': [0, 31]}
) }}

{#- 31 days hold the window and the calendar month so far. -#}
{%- if not 1 <= var('nia_window_days') <= 31 %}
    {{ exceptions.raise_compiler_error("Expected nia_window_days of 1 to 31, found " ~ var('nia_window_days')) }}
{%- endif %}

with contacts as (
    select
        contact_id,
        source,
        customer_id,
        product_area,
        is_customer_contact,
        is_fcr_eligible and coalesce(is_resolved, true) as is_resolved_contact,
        is_customer_contact
        and customer_id is not null
        and product_area <> 'unknown'
        and started_at is not null as is_measurable,
        contact_date,
        started_at,
        {{ in_run_days(none, 'contact_date', kind='ticket') }} as is_worked_on
    from {{ ref('fct_contacts') }}
    where {{ in_days_around('contact_date', ['ticket'], back=31) }}
),

stretches as (
    {{ stretches('contacts') }}
),

looked_at as (
    select
        contacts.*,
        stretches.stretch
    from contacts
    inner join stretches on contacts.contact_date = stretches.contact_date
    where not contacts.is_worked_on and contacts.is_measurable and stretches.is_before
),

-- Of each month of theirs the first and the last contact: who comes next asks for the last one, and
-- whether it was the only one.
ends as (
    select
        customer_id,
        product_area,
        stretch,
        date_trunc('month', contact_date) as month_start_date,
        min(started_at) as first_started_at,
        max(started_at) as last_started_at
    from looked_at
    group by customer_id, product_area, stretch, month_start_date
),

{%- set columns = [
    'contact_id', 'source', 'customer_id', 'product_area', 'is_customer_contact',
    'is_resolved_contact', 'contact_date', 'started_at',
] %}

measurable as (
    select
        {{ columns | join(',\n        ') }}
    from contacts
    where is_worked_on and is_measurable

    union all

    select
        looked_at.{{ columns | join(',\n        looked_at.') }}
    from looked_at
    inner join ends
        on
            looked_at.customer_id = ends.customer_id
            and looked_at.product_area = ends.product_area
            and looked_at.stretch = ends.stretch
            and date_trunc('month', looked_at.contact_date) = ends.month_start_date
            and looked_at.started_at in (ends.first_started_at, ends.last_started_at)
),

-- Looking back and not forward: a day is then known for good on its own day, and only the small
-- mart has to wait for the window.
ordered as (
    select
        *,
        {%- for name in ('started_at', 'contact_date', 'source', 'is_resolved_contact') %}
        lag({{ name }}) over (
            partition by customer_id, product_area order by started_at, contact_id
        ) as previous_{{ name }},
        {%- endfor %}
        lag(contact_date, 2) over (
            partition by customer_id, product_area order by started_at, contact_id
        ) as second_last_contact_date
    from measurable
),

-- The first of a month has nobody of its month before it, and the second one only the first: one
-- order for all.
placed as (
    select
        *,
        coalesce(
            date_trunc('month', previous_contact_date) = date_trunc('month', contact_date), false
        ) as is_month_continued,
        coalesce(
            date_trunc('month', second_last_contact_date) = date_trunc('month', contact_date), false
        ) as is_month_long_continued,
        previous_started_at >= {{ add_days('started_at', '-' ~ var('nia_window_days')) }}
            as is_within_window
    from ordered
),

measured as (
    select
        contact_date,
        source,
        product_area,
        true as is_measurable,
        is_customer_contact,
        is_resolved_contact,
        case when is_within_window then previous_contact_date end as previous_date,
        case when is_within_window then previous_source end as previous_source,
        coalesce(previous_is_resolved_contact and is_within_window, false) as is_return,
        not is_month_continued as is_new_customer,
        false as is_second_request,
        true as is_contact
    from placed

    union all

    select
        contact_date,
        source,
        product_area,
        false as is_measurable,
        is_customer_contact,
        is_resolved_contact,
        cast(null as date) as previous_date,
        cast(null as {{ dbt.type_string() }}) as previous_source,
        false as is_return,
        false as is_new_customer,
        false as is_second_request,
        true as is_contact
    from contacts
    where is_worked_on and not is_measurable

    union all

    -- Who asks again is counted where he was counted first, in whatever source he asks again.
    select
        contact_date,
        previous_source as source,
        product_area,
        false as is_measurable,
        false as is_customer_contact,
        false as is_resolved_contact,
        cast(null as date) as previous_date,
        cast(null as {{ dbt.type_string() }}) as previous_source,
        false as is_return,
        false as is_new_customer,
        true as is_second_request,
        false as is_contact
    from placed
    where is_month_continued and not is_month_long_continued
)

select
    source,
    product_area,
    previous_date,
    previous_source,
    count(case when is_customer_contact then 1 end) as contact_count,
    count(case when is_measurable and is_resolved_contact then 1 end) as resolved_count,
    count(case when not is_measurable and is_resolved_contact then 1 end) as not_measurable_count,
    count(case when is_return then 1 end) as return_count,
    count(case when is_new_customer then 1 end) as new_customer_count,
    count(case when is_second_request then 1 end) as second_request_count,
    count(case when is_contact then 1 end) as delivered_count,
    contact_date
from measured
where {{ in_run_days(none, 'contact_date', kind='ticket') }}
group by source, product_area, previous_date, previous_source, contact_date
