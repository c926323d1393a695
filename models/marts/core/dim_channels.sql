-- One row per channel.
with channels as (
    select * from {{ ref('channels') }}
)

select
    channel,
    contact_medium as usual_medium,
    is_synchronous,
    description
from channels

union all

select
    'unknown' as channel,
    'unknown' as usual_medium,
    false as is_synchronous,
    'The source does not say' as description
