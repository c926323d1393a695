-- One row per contact date, source and metric that both the log and the vendor's fields give.
{{ config(
    materialized='by_day', day='contact_date', reads=['ticket'],
    causes=['rows', 'attributes', 'parts']
) }}

with ours as (
    select * from {{ ref('fct_ticket_times') }}
    where
        has_log
        and is_customer_contact
        and {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

vendors as (
    select * from {{ ref('fct_tickets') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

events as (
    select * from {{ ref('fct_ticket_events') }}
    where {{ in_run_days(none, 'contact_date', kind='ticket') }}
),

-- What the log has in the second of the vendor's first reply.
at_vendors_reply as (
    select
        events.ticket_id,
        max(
            case
                when
                    events.event_type = 'message' and events.is_public
                    and events.actor_role in ('bot', 'system')
                    then 1
                else 0
            end
        ) as has_automatic_reply,
        max(case when events.event_type = 'message' and not events.is_public then 1 else 0 end)
            as has_note
    from events
    inner join vendors
        on
            events.ticket_id = vendors.ticket_id
            and events.occurred_at = vendors.first_replied_at
    group by events.ticket_id
),

pairs as (
    select
        ours.ticket_id,
        ours.contact_date,
        ours.source,
        ours.is_open,
        ours.has_clock_running_back,
        ours.handoff_count,
        ours.transfer_count,
        ours.human_replied_at as our_reply_at,
        vendors.first_replied_at as vendor_reply_at,
        ours.resolved_at as our_solved_at,
        vendors.solved_at as vendor_solved_at,
        ours.agent_reply_count as our_replies,
        vendors.agent_reply_count as vendor_replies,
        ours.reopen_count as our_reopens,
        vendors.reopen_count as vendor_reopens,
        ours.solve_count as our_solves,
        vendors.solve_count as vendor_solves,
        ours.reassignment_count as our_reassignments,
        vendors.reassignment_count as vendor_reassignments,
        vendors.status as vendor_status,
        ours.log_status,
        coalesce(at_vendors_reply.has_automatic_reply = 1, false) as has_automatic_reply,
        coalesce(at_vendors_reply.has_note = 1, false) as has_note,
        {{ seconds_between('vendors.first_replied_at', 'ours.human_replied_at') }}
            as reply_difference_seconds,
        {{ seconds_between('vendors.solved_at', 'ours.resolved_at') }} as solve_difference_seconds,
        -- A vendor that gives none of the counters has none, rather than other ones.
        vendors.agent_reply_count is not null
        or vendors.first_replied_at is not null
        or vendors.solve_count is not null as has_vendor_figures
    from ours
    inner join vendors on ours.ticket_id = vendors.ticket_id
    left join at_vendors_reply on ours.ticket_id = at_vendors_reply.ticket_id
),

reply_causes as (
    select
        *,
        case
            when our_reply_at = vendor_reply_at then 'equal'
            when coalesce(our_reply_at, vendor_reply_at) is null then 'equal'
            when has_automatic_reply then 'bot_reply_counted'
            when has_note then 'internal_note_counted'
            when abs(reply_difference_seconds) <= 60 then 'clock'
            when vendor_reply_at is null then 'missing_in_vendor'
            else 'missing_event'
        end as reply_cause
    from pairs
    where has_vendor_figures
),

causes as (
    select
        contact_date,
        source,
        'first_reply' as metric,
        reply_cause as cause
    from reply_causes
    union all
    select
        contact_date,
        source,
        'agent_replies' as metric,
        case
            when our_replies = vendor_replies then 'equal'
            when vendor_replies = our_replies + 1 and reply_cause <> 'equal' then reply_cause
            else 'unexplained'
        end as cause
    from reply_causes
    where vendor_replies is not null
    union all
    select
        contact_date,
        source,
        'reopens' as metric,
        case
            when our_reopens = vendor_reopens then 'equal'
            when is_open and our_reopens = vendor_reopens + 1 then 'still_open'
            when log_status <> vendor_status then 'missing_event'
            else 'unexplained'
        end as cause
    from reply_causes
    where vendor_reopens is not null
    union all
    select
        contact_date,
        source,
        'solves' as metric,
        case
            when our_solves = vendor_solves then 'equal'
            when our_solves = vendor_solves + 1 and vendor_solved_at is null and not is_open
                then 'closed_without_solve'
            when log_status <> vendor_status then 'missing_event'
            else 'unexplained'
        end as cause
    from reply_causes
    where vendor_solves is not null
    union all
    select
        contact_date,
        source,
        'solved_at' as metric,
        case
            when our_solved_at = vendor_solved_at then 'equal'
            when coalesce(our_solved_at, vendor_solved_at) is null then 'equal'
            when abs(solve_difference_seconds) <= 60 then 'clock'
            when is_open then 'still_open'
            when vendor_solved_at is null then 'closed_without_solve'
            when has_clock_running_back then 'clock'
            else 'unexplained'
        end as cause
    from reply_causes
    union all
    select
        contact_date,
        source,
        'reassignments' as metric,
        case
            when our_reassignments = vendor_reassignments then 'equal'
            when our_reassignments > vendor_reassignments and transfer_count > 0
                then 'team_change_counted'
            when our_reassignments > vendor_reassignments and handoff_count > 1
                then 'returned_assignee'
            when our_reassignments < vendor_reassignments then 'no_change_in_log'
            else 'unexplained'
        end as cause
    from reply_causes
    where vendor_reassignments is not null
),

counted as (
    select
        contact_date,
        source,
        metric,
        {%- for name in (
            'bot_reply_counted', 'internal_note_counted', 'clock', 'missing_event',
            'missing_in_vendor', 'still_open', 'closed_without_solve', 'returned_assignee',
            'team_change_counted', 'no_change_in_log', 'unexplained'
        ) %}
        count(case when cause = '{{ name }}' then 1 end) as {{ name }}_count,
        {%- endfor %}
        count(case when cause = 'equal' then 1 end) as equal_count,
        count(case when cause <> 'equal' then 1 end) as different_count,
        count(*) as compared_count
    from causes
    group by contact_date, source, metric
)

select
    source,
    metric,
    compared_count,
    equal_count,
    different_count,
    bot_reply_counted_count,
    internal_note_counted_count,
    clock_count,
    missing_event_count,
    missing_in_vendor_count,
    still_open_count,
    closed_without_solve_count,
    returned_assignee_count,
    team_change_counted_count,
    no_change_in_log_count,
    unexplained_count,
    {{ share_pct('equal_count', 'compared_count') }} as agreement_pct,
    {{ is_reportable('compared_count') }} as is_reportable,
    contact_date
from counted
