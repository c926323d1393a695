{{ config(meta={'dagster': {'ref': {'name': 'fct_contacts'}}}) }}
-- Every accepted row is a fact once, on its day: an inner join somewhere between would lose rows in
-- silence. By what ingest and the files of the facts themselves say, so over all history at once.
{%- set tables = [
    ('tickets', 'ticket', 'fct_tickets'), ('chats', 'chat', none), ('calls', 'call', 'fct_calls')
] %}

-- depends_on: {{ ref('fct_contacts') }}, {{ ref('fct_tickets') }}, {{ ref('fct_calls') }}
with accepted as (
    select
        entity,
        day,
        sum(rows_count) as rows_count
    from {{ ref('int_lake_counts') }}
    where _disposition = 'accepted'
    group by entity, day
),

files as (
    select
        table_name,
        kind,
        day,
        sum(rows_count) as rows_count
    from {{ state('day_files') }}
    where table_schema = 'core'
    group by table_name, kind, day
),

compared as (
    {%- for entity, kind, detail in tables %}
    {%- for table in ['fct_contacts', detail] if table %}
    {{ 'union all' if not (loop.first and entity == 'tickets') }}
    select
        '{{ table }}' as table_name,
        coalesce(accepted.day, files.day) as day,
        coalesce(accepted.rows_count, 0) as accepted_count,
        coalesce(files.rows_count, 0) as fact_count
    from (select * from accepted where entity = '{{ entity }}') as accepted
    full outer join
        (
            select * from files
            where
                table_name = '{{ table }}'
                and kind is not distinct from {{ "'" ~ kind ~ "'" if table == 'fct_contacts' else 'null' }}
        ) as files
        on accepted.day is not distinct from files.day
    {%- endfor %}
    {%- endfor %}
)

select *
from compared
where accepted_count <> fact_count
