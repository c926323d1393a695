-- One row per day: what customers gave up on each way to the company, side by side, never added.
with queues as (
    select
        contact_date as abandon_date,
        {%- for medium in ('voice', 'chat') %}
        sum(case when contact_medium = '{{ medium }}' then net_offered_count end)
            as {{ medium }}_base_count,
        sum(case when contact_medium = '{{ medium }}' then net_abandoned_count end)
            as {{ medium }}_abandoned_count,
        {%- endfor %}
        sum(ivr_entered_count) as ivr_base_count,
        sum(ivr_abandoned_count) as ivr_abandoned_count
    from {{ ref('mart_abandonment_summary') }}
    group by contact_date
),

carts as (
    select
        cart_date as abandon_date,
        sum(decided_count) as cart_base_count,
        sum(abandoned_count) as cart_abandoned_count
    from {{ ref('mart_carts') }}
    group by cart_date
),

days as (
    select abandon_date from queues
    union
    select abandon_date from carts
),

joined as (
    select
        days.abandon_date,
        {%- for part in ('voice', 'chat', 'ivr') %}
        cast(coalesce(queues.{{ part }}_base_count, 0) as bigint) as {{ part }}_base_count,
        cast(coalesce(queues.{{ part }}_abandoned_count, 0) as bigint)
            as {{ part }}_abandoned_count,
        {%- endfor %}
        cast(coalesce(carts.cart_base_count, 0) as bigint) as cart_base_count,
        cast(coalesce(carts.cart_abandoned_count, 0) as bigint) as cart_abandoned_count
    from days
    left join queues on days.abandon_date is not distinct from queues.abandon_date
    left join carts on days.abandon_date is not distinct from carts.abandon_date
)

select
    {%- for part in ('voice', 'chat', 'ivr', 'cart') %}
    {{ part }}_base_count,
    {{ part }}_abandoned_count,
    {%- endfor %}
    {%- for part in ('voice', 'chat', 'ivr', 'cart') %}
    {{ share_pct(part ~ '_abandoned_count', part ~ '_base_count') }} as {{ part }}_abandon_pct,
    {{ wilson_pct(part ~ '_abandoned_count', part ~ '_base_count', 'low') }}
        as {{ part }}_abandon_low_pct,
    {{ wilson_pct(part ~ '_abandoned_count', part ~ '_base_count', 'high') }}
        as {{ part }}_abandon_high_pct,
    {%- endfor %}
    abandon_date
from joined
