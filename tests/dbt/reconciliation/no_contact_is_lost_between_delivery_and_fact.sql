{{ config(meta={'dagster': {'ref': {'name': 'fct_contacts'}}}) }}
-- Every accepted row is a fact once, on its day: an inner join somewhere between would lose rows in
-- silence. By what ingest and the files of the facts themselves say, so over all history at once.

with accepted as (
    select
        case entity when 'tickets' then 'ticket' when 'chats' then 'chat' else 'call' end as kind,
        day as counted_date,
        sum(rows_count) as rows_count
    from {{ ref('int_lake_counts') }}
    where _disposition = 'accepted' and entity in ('tickets', 'chats', 'calls')
    group by entity, day
),

expected as (
    select
        'fct_contacts' as table_name,
        kind,
        counted_date,
        rows_count
    from accepted
    union all
    select
        case kind when 'ticket' then 'fct_tickets' else 'fct_calls' end as table_name,
        'none' as kind,
        counted_date,
        rows_count
    from accepted
    where kind in ('ticket', 'call')
),

found as (
    select
        'fct_contacts' as table_name,
        kind,
        day as counted_date,
        rows_count
    from ({{ rows_by_day(ref('fct_contacts'), 'contact_type', 'contact_date') }}) as contacts
    union all
    select
        'fct_tickets' as table_name,
        'none' as kind,
        day as counted_date,
        rows_count
    from ({{ rows_by_day(ref('fct_tickets'), none, 'contact_date') }}) as tickets
    union all
    select
        'fct_calls' as table_name,
        'none' as kind,
        day as counted_date,
        rows_count
    from ({{ rows_by_day(ref('fct_calls'), none, 'contact_date') }}) as calls
)

select
    expected.rows_count as accepted_count,
    found.rows_count as fact_count,
    coalesce(expected.table_name, found.table_name) as table_name,
    coalesce(expected.counted_date, found.counted_date) as counted_date
from expected
full outer join found
    on
        expected.table_name = found.table_name
        and expected.kind = found.kind
        and expected.counted_date is not distinct from found.counted_date
where coalesce(expected.rows_count, 0) <> coalesce(found.rows_count, 0)
