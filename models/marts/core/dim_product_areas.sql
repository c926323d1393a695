-- One row per product area that a contact names or the seed knows, with the team that owns it.
with members as (
    select * from {{ ref('int_members_seen') }}
    where member_kind = 'product_area'
),

owners as (
    select * from {{ ref('product_areas') }}
),

seen as (
    select member_id as product_area from members
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
