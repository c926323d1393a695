-- One row per product area that a contact names or the seed knows, with the team that owns it.
with contacts as (
    select * from {{ ref('int_contacts_enriched') }}
),

owners as (
    select * from {{ ref('product_areas') }}
),

seen as (
    select product_area from contacts
    union
    select product_area from owners
    union
    select 'unknown' as product_area
)

select
    seen.product_area,
    coalesce(owners.owner_team, 'unknown') as owner_team,
    owners.product_area is null as is_inferred
from seen
left join owners on seen.product_area = owners.product_area
