-- One row per kind and day of sessions, source, bot mode and product area: what became of them.
{{ config(
    schema='intermediate', contract={'enforced': false},
    materialized='by_day', kind='session_kind', day='session_date', storage='table',
    reads=['bot_session', 'help_session'],
    follows={'ticket': [4, 0], 'chat': [4, 0], 'call': [4, 0]}
) }}

{#- A session ends within a day of its start, or is taken to; then comes the window. -#}
{%- set hours = var('deflection_window_hours') %}
{%- if hours > 72 %}
    {{ exceptions.raise_compiler_error("Expected deflection_window_hours of at most 72, found " ~ hours) }}
{%- endif %}

with sessions as (
    select
        *,
        least(coalesce(ended_at, started_at), {{ add_days('started_at', 1) }}) as left_at
    from {{ ref('fct_self_service_sessions') }}
    where not is_test and {{ in_run_days('session_kind', 'session_date') }}
),

-- What a bot did alone is no contact with people; it may be the very session.
contacts as (
    select
        customer_id,
        started_at
    from {{ ref('fct_contacts') }}
    where
        is_customer_contact
        and not is_bot_only
        and customer_id is not null
        and {{ in_days_around('contact_date', ['bot_session', 'help_session'], ahead=4) }}
),

returned as (
    select
        sessions.session_kind,
        sessions.session_id,
        max(case when contacts.started_at <= sessions.left_at then 1 else 0 end) = 1
            as is_left_for_contact
    from sessions
    inner join contacts
        on
            sessions.customer_id = contacts.customer_id
            and sessions.started_at <= contacts.started_at
            and sessions.left_at + interval '{{ hours }}' hour >= contacts.started_at
    group by sessions.session_kind, sessions.session_id
),

judged as (
    select
        sessions.*,
        sessions.customer_id is not null as is_known,
        returned.session_id is not null or sessions.is_handed_off as is_returned,
        sessions.is_handed_off or coalesce(returned.is_left_for_contact, false) as is_escalated
    from sessions
    left join returned
        on
            sessions.session_kind = returned.session_kind
            and sessions.session_id = returned.session_id
)

select
    session_kind,
    source,
    coalesce(bot_mode, 'none') as bot_mode,
    product_area,
    count(*) as session_count,
    count(case when not is_known then 1 end) as anonymous_count,
    count(case when is_abandoned then 1 end) as abandoned_count,
    count(case when is_servable then 1 end) as servable_count,
    count(case when is_servable and is_known then 1 end) as known_count,
    count(case when is_servable and is_known and is_returned then 1 end) as returned_count,
    count(case when is_servable and is_known and not is_returned and not is_abandoned then 1 end)
        as deflected_count,
    -- A bot sees its hand-offs; of a visit only that of a known customer shows.
    count(case when is_servable and (is_known or session_kind = 'bot_session') then 1 end)
        as containment_base_count,
    count(
        case
            when
                is_servable and (is_known or session_kind = 'bot_session')
                and not is_escalated and not is_abandoned then 1
        end
    ) as contained_count,
    count(case when is_servable and is_handed_off then 1 end) as handed_off_count,
    count(case when is_servable and is_abandoned and not is_handed_off then 1 end)
        as given_up_count,
    count(is_confirmed_resolved) as asked_count,
    count(case when is_servable and is_confirmed_resolved and not is_escalated then 1 end)
        as resolved_count,
    count(case when is_servable and unanswered_turn_count > 0 then 1 end)
        as unanswered_session_count,
    cast(sum(turn_count) as bigint) as turn_count,
    cast(sum(unanswered_turn_count) as bigint) as unanswered_turn_count,
    cast(sum(search_count) as bigint) as search_count,
    cast(sum(article_view_count) as bigint) as article_view_count,
    session_date
from judged
group by session_kind, source, bot_mode, product_area, session_date
