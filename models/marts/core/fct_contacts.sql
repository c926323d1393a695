-- One row per contact: every ticket, chat and call, whatever its outcome.
{{ config(
    materialized='by_day', kind='contact_type', day='contact_date',
    reads=['ticket', 'chat', 'call'], causes=['rows', 'attributes', 'repeat', 'mature', 'reopen'],
    stages=['tickets', 'chats', 'calls'],
    sorted_by=hash_number('customer_id') ~ ' >> 60, started_at'
) }}

with contacts as (
    select * from {{ ref('int_contacts_enriched') }}
    where {{ in_run_days('contact_type', 'contact_date') }}
),

repeats as (
    select * from {{ ref('int_contacts_repeats') }}
    where {{ in_run_days('contact_type', 'contact_date') }}
),

horizons as (
    select * from {{ ref('int_source_horizons') }}
),

matured as (
    select
        contacts.*,
        repeats.is_repeat_measurable,
        repeats.is_first_contact,
        repeats.previous_agent_id,
        coalesce(
            {{ add_days('contacts.started_at', var('fcr_window_days')) }} <= horizons.seen_until,
            false
        ) as is_repeat_window_mature,
        repeats.repeated_at,
        coalesce(
            {{ add_days('contacts.first_resolved_at', var('fcr_window_days')) }}
            <= horizons.seen_until,
            false
        ) as is_reopen_window_mature,
        -- Solved within the window, or marked so by a source that does not say when. A verdict
        -- once known does not move when the contact is solved or reopened later.
        case
            when contacts.first_resolved_at is not null
                then
                    contacts.first_resolved_at
                    <= {{ add_days('contacts.started_at', var('fcr_window_days')) }}
            else coalesce(contacts.is_resolved, true)
        end as is_resolved_in_window
    from contacts
    left join repeats on contacts.contact_id = repeats.contact_id
    left join horizons on contacts._source = horizons.source
)

select
    contact_id,
    contact_type,
    contact_medium,
    source_record_id,
    customer_id,
    agent_id,
    previous_agent_id,
    channel,
    queue,
    team,
    reason,
    product_area,
    country_code,
    industry,
    plan_tier,
    segment,
    preferred_channel,
    direction,
    outcome,
    parent_contact_id,
    agent_reply_count,
    customer_message_count,
    agent_count,
    solve_count,
    reopen_count,
    {{ seconds_between('started_at', 'first_replied_at') }} as first_response_calendar_seconds,
    wait_seconds,
    handle_seconds,
    short_abandon_seconds,
    answer_target_seconds,
    is_customer_contact,
    is_handled,
    is_resolved,
    is_bot_only,
    is_spam,
    is_deleted,
    merged_into_contact_id is not null as is_merged,
    is_test,
    is_offered,
    is_abandoned,
    is_short_abandoned,
    is_fcr_eligible,
    is_repeat_measurable,
    is_first_contact,
    is_repeat_window_mature,
    -- Not yet elapsed is not success: the verdict stays NULL until the window is over.
    case
        when is_first_contact and is_repeat_window_mature
            then is_resolved_in_window and repeated_at is null
    end as is_fcr_no_repeat,
    case
        when
            is_first_contact and is_repeat_window_mature and is_level1_resolvable
            then is_resolved_in_window and repeated_at is null
    end as is_fcr_net,
    case
        when
            is_fcr_eligible and contact_type = 'ticket' and is_resolved
            and agent_reply_count is not null
            then agent_reply_count = 1 and coalesce(reopen_count, 0) = 0
    end as is_fcr_one_touch,
    case
        when
            is_fcr_eligible and contact_type = 'ticket' and is_resolved
            and customer_message_count is not null
            then customer_message_count = 1
    end as is_fcr_single_customer_message,
    case
        when
            is_fcr_eligible and contact_type = 'ticket' and is_resolved
            and solve_count is not null and agent_count is not null
            then solve_count = 1 and agent_count = 1
    end as is_fcr_closed_once_one_teammate,
    case
        when
            not is_fcr_eligible or contact_type <> 'ticket' or not is_reopen_window_mature
            or reopen_count is null
            then null
        when reopen_count = 0 then true
        when last_reopened_at is null then false
        when last_reopened_at <= {{ add_days('first_resolved_at', var('fcr_window_days')) }}
            then false
        -- Of several reopenings only the last one is dated: the first may lie within the window.
        when reopen_count = 1 then true
    end as is_fcr_no_reopen,
    contact_date,
    started_at,
    queued_at,
    first_replied_at,
    first_resolved_at,
    resolved_at,
    ended_at,
    repeated_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from matured
