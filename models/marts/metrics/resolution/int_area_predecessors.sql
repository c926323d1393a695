-- One row per contact day, source, product area, and what the customer's contact about the same
-- area before was: its day and source, which ticket, or whether a chat or call was resolved.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['area']
) }}

{#- 31 days hold the window and the calendar month so far. -#}
{%- if not 1 <= var('nia_window_days') <= 31 %}
    {{ exceptions.raise_compiler_error("Expected nia_window_days of 1 to 31, found " ~ var('nia_window_days')) }}
{%- endif %}

with contacts as (
    select
        contact_id,
        contact_type,
        source,
        customer_id,
        product_area,
        -- Whether a ticket ends solved shows only weeks later: int_area_days looks it up.
        case when contact_type <> 'ticket' then is_fcr_eligible and coalesce(is_resolved, true) end
            as is_resolved_contact,
        contact_date,
        started_at,
        {{ in_run_days(none, 'contact_date', kind='ticket') }} as is_worked_on
    from {{ ref('fct_contacts') }}
    where
        is_customer_contact
        and customer_id is not null
        and product_area <> 'unknown'
        and started_at is not null
        and {{ in_days_around('contact_date', ['ticket'], back=31) }}
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
    where not contacts.is_worked_on and stretches.is_before
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
    'contact_id', 'contact_type', 'source', 'customer_id', 'product_area', 'is_resolved_contact',
    'contact_date', 'started_at',
] %}

measurable as (
    select
        {{ columns | join(',\n        ') }}
    from contacts
    where is_worked_on

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
        source,
        product_area,
        contact_date,
        started_at,
        {%- for name in ('started_at', 'contact_date', 'source', 'is_resolved_contact') %}
        lag({{ name }}) over (
            partition by customer_id, product_area order by started_at, contact_id
        ) as previous_{{ name }},
        {%- endfor %}
        lag(case when contact_type = 'ticket' then contact_id end) over (
            partition by customer_id, product_area order by started_at, contact_id
        ) as previous_ticket_id,
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

followed as (
    select
        source,
        product_area,
        contact_date,
        case when is_within_window then previous_contact_date end as previous_date,
        case when is_within_window then previous_source end as previous_source,
        case when is_within_window then previous_ticket_id end as previous_ticket_id,
        case when is_within_window then previous_is_resolved_contact end as previous_is_resolved,
        not is_month_continued as is_new_customer,
        -- Who asks again is counted where he was counted first, in whatever source he asks again.
        case when is_month_continued and not is_month_long_continued then previous_source end
            as asked_first_of
    from placed
)

select
    source,
    product_area,
    previous_date,
    previous_source,
    previous_ticket_id,
    previous_is_resolved,
    asked_first_of,
    count(*) as contact_count,
    count(case when is_new_customer then 1 end) as new_customer_count,
    contact_date
from followed
where {{ in_run_days(none, 'contact_date', kind='ticket') }}
group by
    source, product_area, previous_date, previous_source, previous_ticket_id, previous_is_resolved,
    asked_first_of, contact_date
