-- One row per contact date, day on which tickets came into or left a group of the backlog, and
-- group.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', day='contact_date', reads=['ticket'],
    causes=['rows', 'attributes', 'parts'], touches='backlog'
) }}

with tickets as (
    select * from {{ ref('fct_ticket_times') }}
    where
        is_customer_contact
        and created_at is not null
        and {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

events as (
    select
        events.*,
        {{ reporting_date('events.counted_at') }} as event_date
    from {{ ref('fct_ticket_events') }} as events
    where {{ in_run_days(none, 'events.contact_date', kind='ticket') }}
),

-- What a ticket was at the end of each day on which something happened to it.
day_ends as (
    select
        events.*,
        row_number() over (
            partition by events.ticket_id, events.event_date order by events.event_number desc
        ) as place_from_end
    from events
),

spans as (
    select
        day_ends.ticket_id,
        day_ends.status,
        coalesce(day_ends.team, 'unknown') as team,
        coalesce(day_ends.priority, 'none') as priority,
        day_ends.event_date as from_date,
        lead(day_ends.event_date) over (
            partition by day_ends.ticket_id order by day_ends.event_date
        ) as to_date
    from day_ends
    where day_ends.place_from_end = 1

    union all

    -- Without a log: open until the last solve; when it was opened again is only known of the
    -- latest time, so that time counts as open from the creation on.
    select
        ticket_id,
        case when is_open then status else 'open' end as status,
        team,
        priority,
        contact_date as from_date,
        case when not is_open then {{ reporting_date('resolved_at') }} end as to_date
    from tickets
    where not has_log and (is_open or resolved_at is not null)
),

open_spans as (
    select
        tickets.contact_date,
        tickets.source,
        tickets.channel,
        tickets.country_code,
        spans.team,
        spans.priority,
        spans.status,
        spans.from_date,
        coalesce(spans.to_date, date '9999-12-31') as to_date
    from spans
    inner join tickets on spans.ticket_id = tickets.ticket_id
    where
        spans.status in ('new', 'open', 'pending', 'hold')
        and spans.from_date < coalesce(spans.to_date, date '9999-12-31')
),

-- Days since the creation; a ticket moves into the next band without anything happening to it.
age_bands as (
    select
        'under_1_day' as age_band,
        0 as from_age,
        1 as to_age
    union all
    select
        '1_to_2_days' as age_band,
        1 as from_age,
        3 as to_age
    union all
    select
        '3_to_6_days' as age_band,
        3 as from_age,
        7 as to_age
    union all
    select
        '7_to_29_days' as age_band,
        7 as from_age,
        30 as to_age
    union all
    select
        '30_days_and_more' as age_band,
        30 as from_age,
        cast(null as integer) as to_age
),

banded as (
    select
        open_spans.*,
        age_bands.age_band,
        greatest(
            open_spans.from_date,
            cast({{ days_after('open_spans.contact_date', 'age_bands.from_age') }} as date)
        ) as in_date,
        least(
            open_spans.to_date,
            coalesce(
                cast({{ days_after('open_spans.contact_date', 'age_bands.to_age') }} as date),
                date '9999-12-31'
            )
        ) as out_date
    from open_spans
    cross join age_bands
),

changes as (
    select
        contact_date,
        source,
        channel,
        country_code,
        team,
        priority,
        status,
        age_band,
        in_date as change_date,
        1 as tickets
    from banded
    where in_date < out_date
    union all
    select
        contact_date,
        source,
        channel,
        country_code,
        team,
        priority,
        status,
        age_band,
        out_date as change_date,
        -1 as tickets
    from banded
    where in_date < out_date and out_date < date '9999-12-31'
)

select
    source,
    channel,
    country_code,
    team,
    priority,
    status,
    age_band,
    change_date,
    cast(sum(tickets) as bigint) as change_count,
    contact_date
from changes
group by
    contact_date, source, channel, country_code, team, priority, status, age_band, change_date
