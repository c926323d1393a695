-- One row per day on which carts were opened, source, channel, device, country and step on the way
-- to the purchase.
with daily as (
    select * from {{ ref('int_carts_daily') }}
),

steps as (
    select * from {{ ref('cart_steps') }}
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- A source that stopped cannot show that a customer came back: its carts stay undecided.
horizons as (
    select
        daily.source,
        max(daily.last_activity_date) as seen_until_date
    from daily
    cross join as_of
    where daily.last_activity_date <= as_of.as_of_date
    group by daily.source
),

decided as (
    select
        daily.cart_date,
        daily.source,
        daily.channel,
        daily.device,
        daily.country_code,
        daily.step_reached,
        daily.carts_count,
        daily.is_purchased,
        not daily.is_purchased
        and coalesce(
            {{ add_days('daily.last_activity_date', var('cart_inactivity_days')) }}
            <= horizons.seen_until_date,
            false
        ) as is_abandoned,
        coalesce(steps.step_number, 0) as step_number
    from daily
    left join horizons on daily.source = horizons.source
    left join steps on daily.step_reached = steps.step
),

-- A step that the source does not say is none that others came to.
passed as (
    select
        decided.*,
        steps.step
    from decided
    inner join steps on decided.step_number >= steps.step_number

    union all

    select
        decided.*,
        'unknown' as step
    from decided
    where decided.step_number = 0
),

counted as (
    select
        cart_date,
        source,
        channel,
        device,
        country_code,
        step,
        {%- for name, condition in (
            ('purchased', 'is_purchased'),
            ('abandoned', 'is_abandoned'),
            ('decided', '(is_purchased or is_abandoned)'),
            ('undecided', 'not (is_purchased or is_abandoned)'),
        ) %}
        cast(sum(case
            when {{ condition }} and step in (step_reached, 'unknown') then carts_count else 0
        end) as bigint) as {{ name }}_count,
        {%- endfor %}
        cast(sum(case when is_purchased or is_abandoned then carts_count else 0 end) as bigint)
            as reached_count
    from passed
    group by cart_date, source, channel, device, country_code, step
)

select
    source,
    channel,
    device,
    country_code,
    step,
    reached_count,
    decided_count,
    purchased_count,
    abandoned_count,
    undecided_count,
    {{ share_pct('abandoned_count', 'reached_count') }} as step_abandon_pct,
    {{ wilson_pct('abandoned_count', 'reached_count', 'low') }} as step_abandon_low_pct,
    {{ wilson_pct('abandoned_count', 'reached_count', 'high') }} as step_abandon_high_pct,
    {{ is_reportable('reached_count') }} as is_reportable,
    cart_date
from counted
