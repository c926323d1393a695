-- One row per contact: every accepted ticket, chat and call in one shape.
with tickets as (
    select * from {{ ref('int_tickets_versioned') }}
    where _disposition = 'accepted'
),

chats as (
    select * from {{ ref('int_chats_versioned') }}
    where _disposition = 'accepted'
),

calls as (
    select * from {{ ref('int_calls_versioned') }}
    where _disposition = 'accepted'
),

contacts as (
    select
        'ticket:' || ticket_id as contact_id,
        'ticket' as contact_type,
        'written' as contact_medium,
        ticket_id as source_record_id,
        customer_id,
        agent_id,
        coalesce(channel, 'unknown') as channel,
        cast(null as {{ dbt.type_string() }}) as queue,
        team,
        reason,
        product_area,
        country_code,
        coalesce(direction, 'inbound') as direction,
        status as outcome,
        created_at as started_at,
        cast(null as timestamp) as queued_at,
        first_replied_at,
        coalesce(first_solved_at, solved_at, closed_at) as first_resolved_at,
        coalesce(solved_at, closed_at) as resolved_at,
        closed_at as ended_at,
        last_reopened_at,
        cast(null as double) as wait_seconds,
        cast(null as double) as handle_seconds,
        agent_reply_count,
        customer_message_count,
        agent_count,
        solve_count,
        reopen_count,
        coalesce(status in ('solved', 'closed'), false) as is_resolved,
        coalesce(status <> 'deleted', true) and not coalesce(is_bot_only, false) as is_handled,
        coalesce(is_bot_only, false) as is_bot_only,
        coalesce(is_spam, false) as is_spam,
        coalesce(status = 'deleted', false) as is_deleted,
        is_level1_resolvable,
        'ticket:' || merged_into_ticket_id as merged_into_contact_id,
        'ticket:' || parent_ticket_id as parent_contact_id,
        _source,
        _source_file,
        _row_number,
        _load_date,
        _run_id
    from tickets

    union all

    select
        'chat:' || chat_id as contact_id,
        'chat' as contact_type,
        'chat' as contact_medium,
        chat_id as source_record_id,
        customer_id,
        agent_id,
        coalesce(channel, 'chat') as channel,
        queue,
        team,
        reason,
        product_area,
        country_code,
        coalesce(direction, 'inbound') as direction,
        outcome,
        started_at,
        coalesce(queued_at, started_at) as queued_at,
        first_replied_at,
        case when is_resolved then ended_at end as first_resolved_at,
        case when is_resolved then ended_at end as resolved_at,
        ended_at,
        cast(null as timestamp) as last_reopened_at,
        {{ seconds_between(
            'coalesce(queued_at, started_at)', 'coalesce(first_replied_at, ended_at)'
        ) }} as wait_seconds,
        {{ seconds_between('first_replied_at', 'ended_at') }} as handle_seconds,
        agent_reply_count,
        customer_message_count,
        agent_count,
        cast(null as bigint) as solve_count,
        cast(null as bigint) as reopen_count,
        is_resolved,
        coalesce(outcome = 'answered', false) as is_handled,
        coalesce(outcome = 'bot_only', false) as is_bot_only,
        coalesce(is_spam, false) as is_spam,
        false as is_deleted,
        is_level1_resolvable,
        cast(null as {{ dbt.type_string() }}) as merged_into_contact_id,
        cast(null as {{ dbt.type_string() }}) as parent_contact_id,
        _source,
        _source_file,
        _row_number,
        _load_date,
        _run_id
    from chats

    union all

    select
        'call:' || call_id as contact_id,
        'call' as contact_type,
        'voice' as contact_medium,
        call_id as source_record_id,
        customer_id,
        agent_id,
        coalesce(channel, 'phone') as channel,
        queue,
        team,
        reason,
        product_area,
        country_code,
        coalesce(direction, 'inbound') as direction,
        outcome,
        started_at,
        coalesce(queued_at, started_at) as queued_at,
        answered_at as first_replied_at,
        case when is_resolved then coalesce(ended_at, answered_at, started_at) end
            as first_resolved_at,
        case when is_resolved then coalesce(ended_at, answered_at, started_at) end as resolved_at,
        ended_at,
        cast(null as timestamp) as last_reopened_at,
        coalesce(
            wait_seconds,
            {{ seconds_between(
                'coalesce(queued_at, started_at)', 'coalesce(answered_at, ended_at)'
            ) }}
        ) as wait_seconds,
        case
            when outcome = 'answered'
                then talk_seconds + coalesce(hold_seconds, 0) + coalesce(wrap_up_seconds, 0)
        end as handle_seconds,
        cast(null as bigint) as agent_reply_count,
        cast(null as bigint) as customer_message_count,
        cast(null as bigint) as agent_count,
        cast(null as bigint) as solve_count,
        cast(null as bigint) as reopen_count,
        is_resolved,
        coalesce(outcome = 'answered', false) as is_handled,
        false as is_bot_only,
        false as is_spam,
        false as is_deleted,
        is_level1_resolvable,
        cast(null as {{ dbt.type_string() }}) as merged_into_contact_id,
        cast(null as {{ dbt.type_string() }}) as parent_contact_id,
        _source,
        _source_file,
        _row_number,
        _load_date,
        _run_id
    from calls
)

select
    *,
    -- But for test accounts, which only the customer list knows.
    direction = 'inbound'
    and not is_spam
    and not is_deleted
    and merged_into_contact_id is null as is_from_customer
from contacts
