-- One row per session of self-service: a conversation with a bot or a visit to the help centre.
{{ config(
    materialized='by_day', kind='session_kind', day='session_date',
    reads=['bot_session', 'help_session'], causes=['rows', 'attributes']
) }}

with bot_sessions as (
    select * from {{ ref('int_bot_sessions_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='bot_session') }}
),

help_sessions as (
    select * from {{ ref('int_help_sessions_versioned') }}
    where _disposition = 'accepted' and {{ in_run_days(none, '_day', kind='help_session') }}
),

-- A test account is one for all its time.
test_customers as (
    select distinct customer_id
    from {{ ref('int_customers_history') }}
    where is_test
),

sessions as (
    select
        'bot_session' as session_kind,
        session_id,
        customer_id,
        contact_type || ':' || contact_ref_id as contact_id,
        coalesce(mode, 'bot_first') as bot_mode,
        coalesce(product_area, 'unknown') as product_area,
        coalesce(country_code, 'unknown') as country_code,
        turns as turn_count,
        unanswered_turns as unanswered_turn_count,
        cast(null as bigint) as search_count,
        cast(null as bigint) as article_view_count,
        coalesce(is_servable, true) as is_servable,
        -- Who was passed to a contact was handed off, whatever the flag says.
        coalesce(is_handed_off, false) or contact_ref_id is not null as is_handed_off,
        coalesce(is_abandoned, false) as is_abandoned,
        is_confirmed_resolved,
        _day as session_date,
        started_at,
        ended_at,
        _source,
        _source_file,
        _row_number,
        _load_date,
        _run_id
    from bot_sessions

    union all

    select
        'help_session' as session_kind,
        session_id,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as contact_id,
        cast(null as {{ dbt.type_string() }}) as bot_mode,
        coalesce(product_area, 'unknown') as product_area,
        'unknown' as country_code,
        cast(null as bigint) as turn_count,
        cast(null as bigint) as unanswered_turn_count,
        searches as search_count,
        article_views as article_view_count,
        true as is_servable,
        false as is_handed_off,
        coalesce(is_abandoned, false) as is_abandoned,
        cast(null as boolean) as is_confirmed_resolved,
        _day as session_date,
        started_at,
        ended_at,
        _source,
        _source_file,
        _row_number,
        _load_date,
        _run_id
    from help_sessions
)

select
    sessions.session_kind,
    sessions.session_id,
    sessions.customer_id,
    sessions.contact_id,
    sessions.bot_mode,
    sessions.product_area,
    sessions.country_code,
    sessions.turn_count,
    sessions.unanswered_turn_count,
    sessions.search_count,
    sessions.article_view_count,
    sessions.is_servable,
    sessions.is_handed_off,
    sessions.is_abandoned,
    sessions.is_confirmed_resolved,
    test_customers.customer_id is not null as is_test,
    sessions.session_date,
    sessions.started_at,
    sessions.ended_at,
    sessions._source as source,
    sessions._source_file,
    sessions._row_number,
    sessions._load_date,
    sessions._run_id
from sessions
left join test_customers on sessions.customer_id = test_customers.customer_id
