-- One row per session date, session kind, source and product area.
{#- The day on which a session may end late, then the window. -#}
{%- set window_days = 1 + ((var('deflection_window_hours') + 23) // 24) %}

with daily as (
    select
        *,
        -- A source that never asks whether it helped has no resolutions, rather than none.
        sum(asked_count) over (partition by session_kind, source) > 0 as is_asking
    from {{ ref('int_self_service_days') }}
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- Who has not come back can be said as far as contacts were delivered.
horizon as (
    select max(demand.contact_date) as seen_date
    from {{ ref('int_demand_days') }} as demand
    cross join as_of
    where demand.contact_date <= as_of.as_of_date
),

judged as (
    select
        daily.*,
        coalesce(
            {{ add_days('daily.session_date', window_days) }} <= horizon.seen_date, false
        ) as is_mature
    from daily
    cross join horizon
),

counted as (
    select
        session_date,
        session_kind,
        source,
        product_area,
        cast(sum(session_count) as bigint) as sessions_count,
        cast(sum(anonymous_count) as bigint) as anonymous_sessions_count,
        cast(sum(abandoned_count) as bigint) as abandoned_sessions_count,
        cast(sum(servable_count) as bigint) as servable_sessions_count,
        cast(sum(search_count) as bigint) as searches_count,
        cast(sum(article_view_count) as bigint) as article_views_count,
        cast(sum(case when is_mature then known_count else 0 end) as bigint) as verified_count,
        cast(sum(case when is_mature then returned_count else 0 end) as bigint)
            as recontacted_count,
        cast(sum(case when is_mature then deflected_count else 0 end) as bigint)
            as deflected_count,
        cast(sum(containment_base_count) as bigint) as containment_base_count,
        cast(sum(contained_count) as bigint) as contained_count,
        cast(sum(case when is_asking then servable_count else 0 end) as bigint)
            as resolution_base_count,
        cast(sum(case when is_asking then resolved_count end) as bigint) as resolved_count,
        cast(sum(case when is_mature then 0 else known_count end) as bigint) as immature_count
    from judged
    group by session_date, session_kind, source, product_area
)

select
    session_date,
    session_kind,
    source,
    product_area,
    sessions_count,
    anonymous_sessions_count,
    abandoned_sessions_count,
    servable_sessions_count,
    searches_count,
    article_views_count,
    verified_count,
    recontacted_count,
    {{ share_pct('recontacted_count', 'verified_count') }} as recontact_pct,
    verified_count - recontacted_count as not_recontacted_count,
    {{ share_pct('(verified_count - recontacted_count)', 'verified_count') }}
        as deflection_raw_pct,
    deflected_count,
    {{ share_pct('deflected_count', 'verified_count') }} as deflection_pct,
    {{ wilson_pct('deflected_count', 'verified_count', 'low') }} as deflection_low_pct,
    {{ wilson_pct('deflected_count', 'verified_count', 'high') }} as deflection_high_pct,
    containment_base_count,
    contained_count,
    {{ share_pct('contained_count', 'containment_base_count') }} as containment_pct,
    resolution_base_count,
    resolved_count,
    {{ share_pct('resolved_count', 'resolution_base_count') }} as resolution_pct,
    immature_count,
    {{ is_reportable('verified_count') }} as is_reportable
from counted
