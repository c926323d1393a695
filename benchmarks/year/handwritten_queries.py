"""The SQL of the hand-written peer; `handwritten.py` says in which order and how much at a time."""

from __future__ import annotations

WINDOW_DAYS = 7
HALF_LIFE_DAYS = 90
LOOKBACK_DAYS = 365
RUN_ID = "handwritten"

# What stands in the inbox as text, with the types that the same columns have in Parquet.
CHAT_TYPES = {
    "chat_id": "BIGINT", "company_id": "BIGINT", "agent_id": "BIGINT", "team": "VARCHAR",
    "queue": "VARCHAR", "reason": "VARCHAR", "product_area": "VARCHAR", "initiated_by": "VARCHAR",
    "country": "VARCHAR", "outcome": "VARCHAR", "started_at": "TIMESTAMP",
    "queued_at": "TIMESTAMP", "first_reply_at": "TIMESTAMP", "ended_at": "TIMESTAMP",
    "updated_at": "TIMESTAMP", "agent_messages": "BIGINT", "visitor_messages": "BIGINT",
    "agents": "INTEGER", "resolved": "BOOLEAN", "spam": "BOOLEAN",
}  # fmt: skip
TICKET_TYPES = {
    "ticket_id": "BIGINT", "company_id": "BIGINT", "agent_id": "BIGINT", "team": "VARCHAR",
    "channel": "VARCHAR", "reason": "VARCHAR", "product_area": "VARCHAR", "priority": "VARCHAR",
    "status": "VARCHAR", "created_at": "TIMESTAMP", "updated_at": "TIMESTAMP",
    "first_replied_at": "TIMESTAMP", "first_solved_at": "TIMESTAMP", "solved_at": "TIMESTAMP",
    "closed_at": "TIMESTAMP", "reopened_at": "TIMESTAMP", "replies": "BIGINT",
    "customer_messages": "BIGINT", "solves": "INTEGER", "reopens": "INTEGER",
    "reassignments": "INTEGER", "agents": "INTEGER", "spam": "BOOLEAN",
    "resolved_by_bot": "BOOLEAN", "merged_into_id": "BIGINT", "followup_of_id": "BIGINT",
}  # fmt: skip

# What the declarations know; anything else is not counted.
IS_CHAT = "outcome in ('A', 'L', 'B', 'C')"
IS_TICKET = "priority in ('low', 'normal', 'high', 'urgent')"
IS_CALL = (
    "disposition in ('ANSWERED', 'ABANDONED', 'IVR', 'VOICEMAIL', 'CALLBACK', 'CLOSED', 'FAILED')"
)
IS_ANSWER = (
    "((kind = 'csat' and coalesce(score, 1) between 0 and 5) or "
    "(kind = 'nps' and coalesce(score, 1) between 0 and 10) or "
    "(kind = 'ces' and coalesce(score, 1) between 0 and 7))"
)

MACROS = (
    "create or replace macro seconds_between(a, b) as (epoch_us(b) - epoch_us(a)) / 1000000.0",
    "create or replace macro share(a, b) as 100 * cast(a as double) / nullif(b, 0)",
    """create or replace macro wilson_low(a, n) as case when n > 0 then greatest(0, least(100, 100
    * (a / cast(n as double) + 1.9208 / n - 1.96 * sqrt(greatest(a / cast(n as double)
    * (1 - a / cast(n as double)), 0) / n + 0.9604 / (cast(n as double) * n)))
    / (1 + 3.8416 / n))) end""",
    """create or replace macro wilson_high(a, n) as case when n > 0 then greatest(0, least(100, 100
    * (a / cast(n as double) + 1.9208 / n + 1.96 * sqrt(greatest(a / cast(n as double)
    * (1 - a / cast(n as double)), 0) / n + 0.9604 / (cast(n as double) * n)))
    / (1 + 3.8416 / n))) end""",
    """create or replace macro nps_margin(p, d, n) as case when n > 1 then 196.0 * sqrt(greatest(
    (p + d) / cast(n as double) - power((p - d) / cast(n as double), 2), 0) / n) end""",
)

# Companies and agents as they were: a row per time from which other attributes held, the first
# one from the beginning. A test account is one for all its time.
HISTORY = """
create or replace table companies as
with latest as (
    select * from (
        select *, row_number() over (partition by company_id order by updated_at desc) as place
        from read_parquet(getvariable('customer_files'))
    )
    where place = 1
),

changes as (
    select
        *,
        lag(concat_ws('|', country, industry, plan)) over by_time as before,
        row_number() over by_time as place
    from read_parquet(getvariable('customer_files'))
    window by_time as (partition by company_id order by updated_at)
)

select
    changes.company_id,
    changes.country,
    changes.industry,
    changes.plan,
    coalesce(latest.test_account, false) as is_test,
    case when changes.place = 1 then timestamp '0001-01-01' else changes.updated_at end
        as valid_from,
    coalesce(
        lead(changes.updated_at) over (partition by changes.company_id order by changes.updated_at),
        timestamp '9999-12-31'
    ) as valid_to
from changes
inner join latest on changes.company_id = latest.company_id
where changes.place = 1 or concat_ws('|', changes.country, changes.industry, changes.plan) <> before
"""

LATEST_COMPANIES = """
create or replace table dim_customers as
select
    'year:' || company_id as customer_id, country as country_code, industry, plan as plan_tier,
    segment, test_account as is_test, signed_up_on as signed_up_at, left_on as churned_at
from (
    select *, row_number() over (partition by company_id order by updated_at desc) as place
    from read_parquet(getvariable('customer_files'))
)
where place = 1
"""

AGENTS = """
create or replace table agents as
select
    agent_id,
    team,
    case when place = 1 then timestamp '0001-01-01' else updated_at end as valid_from,
    coalesce(
        lead(updated_at) over (partition by agent_id order by updated_at), timestamp '9999-12-31'
    ) as valid_to
from (
    select
        *,
        lag(team) over (partition by agent_id order by updated_at) as before,
        row_number() over (partition by agent_id order by updated_at) as place
    from read_parquet(getvariable('agent_files'))
)
where place = 1 or team <> before
"""

# The chats of a month wherever they were delivered: files are sorted by start, so that of later
# files only the beginning is read.
CHATS_OF_MONTH = f"""
create or replace temp table delivered as
select
    chats.chat_id as id,
    chats.company_id,
    chats.reason,
    chats.started_at,
    chats.updated_at,
    chats.initiated_by = 'V' and not chats.spam and not coalesce(tests.is_test, false)
        as is_attempt,
    chats.outcome = 'A' as is_answered,
    cast(chats.file_index as bigint) + getvariable('first_file') as file_no,
    chats.file_row_number as row_no
from read_parquet(getvariable('files')) as chats
left join tests on chats.company_id = tests.company_id
where
    chats.started_at >= getvariable('from_at') and chats.started_at < getvariable('to_at')
    and {IS_CHAT}
"""

# Rows that a later delivery of the same chat replaced: few, so that they are what is remembered.
CHATS_REPLACED = """
insert into replaced_chats
select file_no, row_no
from (
    select
        file_no,
        row_no,
        row_number() over (
            partition by id order by updated_at desc, file_no desc, row_no desc
        ) as place
    from delivered
    where id in (select id from delivered group by id having count(*) > 1)
)
where place > 1
"""

# What other contacts of the company need to know, small enough to keep three months of it.
CHAT_ATTEMPTS = """
create or replace table {table} as
select id, company_id, reason, started_at, is_attempt and is_answered as is_eligible
from delivered
anti join replaced_chats
    on delivered.file_no = replaced_chats.file_no and delivered.row_no = replaced_chats.row_no
where is_attempt and company_id is not null and reason is not null
"""

CHAT_DAYS = "insert into chat_days select distinct cast(started_at as date), file_no from delivered"

# Tickets, calls and answers of the whole year fit as they are.
LATEST = """
create or replace table {table} as
select * exclude (place)
from (
    select
        *,
        row_number() over (
            partition by {key} order by updated_at desc, file_no desc, row_no desc
        ) as place
    from (
        select
            *,
            cast(file_index as bigint) + getvariable('first_file') as file_no,
            file_row_number as row_no
            {more}
        from read_parquet(getvariable('files'))
        where {condition}
    )
)
where place = 1
order by {order}
"""

FIRST_SCORES = f"""
create or replace table edited as
select
    response_id,
    min_by(score, (updated_at, cast(file_index as bigint), file_row_number)) as first_score
from read_parquet(getvariable('files'))
where {IS_ANSWER} and score is not null and score > (kind <> 'nps')::integer - 1
group by response_id
having count(*) > 1
"""

REPEATS = f"""
create or replace temp table repeats as
with attempts as (
    {{chats}}
    union all
    select
        0 as kind, call_id as id, tickets_or_calls.company_id, reason, started_at,
        disposition = 'ANSWERED' as is_eligible
    from calls as tickets_or_calls
    left join tests on tickets_or_calls.company_id = tests.company_id
    where
        direction = 'I' and not coalesce(tests.is_test, false)
        and tickets_or_calls.company_id is not null and reason is not null
        and started_at >= getvariable('from_at') - interval {WINDOW_DAYS} day
        and started_at <= getvariable('to_at') + interval {WINDOW_DAYS} day
    union all
    select
        2, ticket_id, tickets_or_calls.company_id, reason, created_at,
        status <> 'deleted' and not resolved_by_bot
    from tickets as tickets_or_calls
    left join tests on tickets_or_calls.company_id = tests.company_id
    where
        not spam and status <> 'deleted' and merged_into_id is null
        and not coalesce(tests.is_test, false)
        and tickets_or_calls.company_id is not null and reason is not null
        and created_at >= getvariable('from_at') - interval {WINDOW_DAYS} day
        and created_at <= getvariable('to_at') + interval {WINDOW_DAYS} day
),

ordered as (
    select
        kind,
        id,
        started_at,
        is_eligible,
        max(case when is_eligible then started_at end) over (
            partition by company_id, reason order by started_at, kind, id
            rows between unbounded preceding and 1 preceding
        ) as previous_at,
        lead(started_at) over (partition by company_id, reason order by started_at, kind, id)
            as next_at
    from attempts
)

select
    kind,
    id,
    started_at,
    is_eligible,
    is_eligible and coalesce(previous_at < started_at - interval {WINDOW_DAYS} day, true)
        as is_first,
    case when next_at <= started_at + interval {WINDOW_DAYS} day then next_at end as next_at
from ordered
where started_at >= getvariable('from_at') and started_at < getvariable('to_at')
"""

CHATS_SHAPED = f"""
select
    chat_id as id, company_id, agent_id, 'chat' as channel, queue, team, reason, product_area,
    country,
    case when initiated_by = 'V' then 'inbound' else 'outbound' end as direction,
    case outcome when 'A' then 'answered' when 'L' then 'abandoned' when 'B' then 'bot_only'
        else 'out_of_hours' end as outcome,
    started_at,
    coalesce(queued_at, started_at) as queued_at,
    first_reply_at as first_replied_at,
    case when resolved then ended_at end as first_resolved_at,
    case when resolved then ended_at end as resolved_at,
    ended_at,
    cast(null as timestamp) as last_reopened_at,
    case when outcome in ('A', 'L') then seconds_between(
        coalesce(queued_at, started_at), coalesce(first_reply_at, ended_at)) end as wait_seconds,
    seconds_between(first_reply_at, ended_at) as handle_seconds,
    agent_messages as agent_reply_count,
    visitor_messages as customer_message_count,
    cast(agents as bigint) as agent_count,
    cast(null as bigint) as solve_count,
    cast(null as bigint) as reopen_count,
    resolved as is_resolved,
    outcome = 'A' as is_handled,
    outcome = 'B' as is_bot_only,
    coalesce(spam, false) as is_spam,
    false as is_deleted,
    cast(null as bigint) as merged_id,
    cast(null as bigint) as parent_id,
    fileno as file_no,
    row_no
from (
    select *, list_extract(getvariable('file_nos'), cast(file_index as bigint) + 1) as fileno,
        file_row_number as row_no
    from read_parquet(getvariable('files'))
    where
        started_at >= getvariable('day_at')
        and started_at < getvariable('day_at') + interval 1 day
        and {IS_CHAT}
) as chats
anti join replaced_chats
    on chats.fileno = replaced_chats.file_no and chats.row_no = replaced_chats.row_no
"""

TICKETS_SHAPED = """
select
    ticket_id as id, company_id, agent_id, channel, cast(null as varchar) as queue, team, reason,
    product_area, cast(null as varchar) as country, 'inbound' as direction, status as outcome,
    created_at as started_at,
    cast(null as timestamp) as queued_at,
    first_replied_at,
    coalesce(first_solved_at, solved_at, closed_at) as first_resolved_at,
    coalesce(solved_at, closed_at) as resolved_at,
    closed_at as ended_at,
    reopened_at as last_reopened_at,
    cast(null as double) as wait_seconds,
    cast(null as double) as handle_seconds,
    replies as agent_reply_count,
    customer_messages as customer_message_count,
    cast(agents as bigint) as agent_count,
    cast(solves as bigint) as solve_count,
    cast(reopens as bigint) as reopen_count,
    status in ('solved', 'closed') as is_resolved,
    status <> 'deleted' and not resolved_by_bot as is_handled,
    resolved_by_bot as is_bot_only,
    spam as is_spam,
    status = 'deleted' as is_deleted,
    merged_into_id as merged_id,
    followup_of_id as parent_id,
    file_no,
    row_no
from tickets
where created_at >= getvariable('day_at') and created_at < getvariable('day_at') + interval 1 day
"""

CALLS_SHAPED = """
select
    call_id as id, company_id, agent_id, 'phone' as channel, queue, team, reason, product_area,
    cast(null as varchar) as country,
    case when direction = 'I' then 'inbound' else 'outbound' end as direction,
    case disposition when 'ANSWERED' then 'answered' when 'ABANDONED' then 'abandoned'
        when 'IVR' then 'abandoned_in_ivr' when 'VOICEMAIL' then 'voicemail'
        when 'CALLBACK' then 'callback_requested' when 'CLOSED' then 'out_of_hours'
        else 'failed' end as outcome,
    started_at,
    coalesce(queued_at, started_at) as queued_at,
    answered_at as first_replied_at,
    case when resolved then coalesce(ended_at, answered_at, started_at) end as first_resolved_at,
    case when resolved then coalesce(ended_at, answered_at, started_at) end as resolved_at,
    ended_at,
    cast(null as timestamp) as last_reopened_at,
    case when disposition in ('ANSWERED', 'ABANDONED') then coalesce(
        cast(wait_seconds as double),
        seconds_between(coalesce(queued_at, started_at), coalesce(answered_at, ended_at))
    ) end as wait_seconds,
    case when disposition = 'ANSWERED'
        then cast(talk_seconds + coalesce(hold_seconds, 0) + coalesce(wrap_up_seconds, 0) as double)
    end as handle_seconds,
    cast(null as bigint) as agent_reply_count,
    cast(null as bigint) as customer_message_count,
    cast(null as bigint) as agent_count,
    cast(null as bigint) as solve_count,
    cast(null as bigint) as reopen_count,
    resolved as is_resolved,
    disposition = 'ANSWERED' as is_handled,
    false as is_bot_only,
    false as is_spam,
    false as is_deleted,
    cast(null as bigint) as merged_id,
    cast(null as bigint) as parent_id,
    file_no,
    row_no
from calls
where started_at >= getvariable('day_at') and started_at < getvariable('day_at') + interval 1 day
"""

SHAPED = {"ticket": TICKETS_SHAPED, "chat": CHATS_SHAPED, "call": CALLS_SHAPED}
KINDS = {"call": 0, "chat": 1, "ticket": 2}
MEDIA = {"ticket": "written", "chat": "chat", "call": "voice"}
# Seconds below which leaving the queue does not count, and the wait that is aimed at.
RULES = {"ticket": ("0", "null"), "chat": ("0", "60"), "call": ("5", "20")}


def contacts_of_day(kind: str) -> str:
    """`fct_contacts` of one type and the day in the variable `day_at`."""
    short, target = RULES[kind]
    medium = MEDIA[kind]
    is_queued = "true" if kind != "ticket" else "false"
    is_ticket = "true" if kind == "ticket" else "false"
    # Only tickets follow up others; a follow-up is a repeat whatever its reason.
    follow_up = (
        "left join follow_ups on shaped.id = follow_ups.parent_id" if kind == "ticket" else ""
    )
    repeated = (
        "least(coalesce(repeats.next_at, follow_ups.at), coalesce(follow_ups.at, repeats.next_at))"
        if kind == "ticket"
        else "repeats.next_at"
    )
    return f"""
with shaped as ({SHAPED[kind]}),

own_repeats as (
    select * from repeats
    where
        kind = {KINDS[kind]} and started_at >= getvariable('day_at')
        and started_at < getvariable('day_at') + interval 1 day
),

joined as (
    select
        shaped.*,
        coalesce(shaped.team, agents.team, 'unknown') as known_team,
        coalesce(companies.country, shaped.country, 'unknown') as country_code,
        coalesce(companies.industry, 'unknown') as industry,
        coalesce(companies.plan, 'unknown') as plan_tier,
        coalesce(companies.is_test, false) as is_test,
        shaped.direction = 'inbound' and not shaped.is_spam and not shaped.is_deleted
        and shaped.merged_id is null and not coalesce(companies.is_test, false)
            as is_customer_contact,
        coalesce(repeats.is_eligible, false) as is_repeat_measurable,
        coalesce(repeats.is_first, false) and shaped.parent_id is null as is_first_contact,
        {repeated} as repeated_at,
        coalesce(
            shaped.started_at + interval {WINDOW_DAYS} day <= delivered_files.seen_until, false
        ) as is_repeat_window_mature,
        coalesce(
            shaped.first_resolved_at + interval {WINDOW_DAYS} day <= delivered_files.seen_until,
            false
        ) as is_reopen_window_mature,
        case when shaped.first_resolved_at is not null
            then shaped.first_resolved_at <= shaped.started_at + interval {WINDOW_DAYS} day
            else coalesce(shaped.is_resolved, true) end as is_resolved_in_window,
        delivered_files.source,
        delivered_files.source_file,
        delivered_files.load_date
    from shaped
    inner join delivered_files on shaped.file_no = delivered_files.file_no
    left join companies
        on
            shaped.company_id = companies.company_id
            and shaped.started_at >= companies.valid_from
            and shaped.started_at < companies.valid_to
    left join agents
        on
            shaped.agent_id = agents.agent_id
            and shaped.started_at >= agents.valid_from
            and shaped.started_at < agents.valid_to
    left join own_repeats as repeats on shaped.id = repeats.id
    {follow_up}
)

select
    '{kind}:year:' || id as contact_id,
    '{kind}' as contact_type,
    '{medium}' as contact_medium,
    'year:' || id as source_record_id,
    'year:' || company_id as customer_id,
    case when is_handled then 'year:' || agent_id end as agent_id,
    channel,
    coalesce(queue, 'unknown') as queue,
    known_team as team,
    coalesce(reason, 'unknown') as reason,
    coalesce(product_area, 'unknown') as product_area,
    country_code,
    industry,
    plan_tier,
    direction,
    outcome,
    '{kind}:year:' || parent_id as parent_contact_id,
    agent_reply_count,
    customer_message_count,
    agent_count,
    solve_count,
    reopen_count,
    seconds_between(started_at, first_replied_at) as first_response_calendar_seconds,
    wait_seconds,
    handle_seconds,
    cast({short} as bigint) as short_abandon_seconds,
    cast({target} as bigint) as answer_target_seconds,
    is_customer_contact,
    is_handled,
    is_resolved,
    is_bot_only,
    is_spam,
    is_deleted,
    merged_id is not null as is_merged,
    is_test,
    {is_queued} and is_customer_contact and outcome in ('answered', 'abandoned') as is_offered,
    {is_queued} and is_customer_contact and outcome = 'abandoned' as is_abandoned,
    {is_queued} and is_customer_contact and outcome = 'abandoned'
        and coalesce(wait_seconds >= 0 and wait_seconds < {short}, false) as is_short_abandoned,
    is_customer_contact and is_handled as is_fcr_eligible,
    is_repeat_measurable,
    is_first_contact,
    is_repeat_window_mature,
    case when is_first_contact and is_repeat_window_mature
        then is_resolved_in_window
            and not coalesce(repeated_at <= started_at + interval {WINDOW_DAYS} day, false)
    end as is_fcr_no_repeat,
    cast(null as boolean) as is_fcr_net,
    case when is_customer_contact and is_handled and {is_ticket} and is_resolved
        then agent_reply_count = 1 and reopen_count = 0 end as is_fcr_one_touch,
    case when is_customer_contact and is_handled and {is_ticket} and is_resolved
        then customer_message_count = 1 end as is_fcr_single_customer_message,
    case when is_customer_contact and is_handled and {is_ticket} and is_resolved
        then solve_count = 1 and agent_count = 1 end as is_fcr_closed_once_one_teammate,
    case
        when not (is_customer_contact and is_handled) or not {is_ticket}
            or not is_reopen_window_mature or reopen_count is null then null
        when reopen_count = 0 then true
        when last_reopened_at is null then false
        when last_reopened_at <= first_resolved_at + interval {WINDOW_DAYS} day then false
        when reopen_count = 1 then true
    end as is_fcr_no_reopen,
    cast(started_at as date) as contact_date,
    started_at,
    queued_at,
    first_replied_at,
    first_resolved_at,
    resolved_at,
    ended_at,
    case when repeated_at <= started_at + interval {WINDOW_DAYS} day then repeated_at end
        as repeated_at,
    source,
    source_file as _source_file,
    row_no + 1 as _row_number,
    load_date as _load_date,
    '{RUN_ID}' as _run_id
from joined
"""


FOLLOW_UPS = """
create or replace table follow_ups as
select children.followup_of_id as parent_id, min(children.created_at) as at
from tickets as children
inner join tickets as parents on children.followup_of_id = parents.ticket_id
left join tests on children.company_id = tests.company_id
where
    not children.spam and children.status <> 'deleted' and children.merged_into_id is null
    and not coalesce(tests.is_test, false) and children.created_at >= parents.created_at
group by all
"""

FCR_COUNTS = """
insert into fcr_counts
select
    contact_type, source, channel, country_code, industry, plan_tier, product_area, team,
    count(*),
    count(case when is_repeat_measurable and not is_first_contact then 1 end),
    count(case when is_first_contact and not is_repeat_window_mature then 1 end),
    count(case when not is_repeat_measurable then 1 end),
    count(is_fcr_no_repeat), count(case when is_fcr_no_repeat then 1 end),
    count(is_fcr_one_touch), count(case when is_fcr_one_touch then 1 end),
    count(is_fcr_single_customer_message),
    count(case when is_fcr_single_customer_message then 1 end),
    count(is_fcr_closed_once_one_teammate),
    count(case when is_fcr_closed_once_one_teammate then 1 end),
    count(is_fcr_no_reopen), count(case when is_fcr_no_reopen then 1 end),
    contact_date
from read_parquet(getvariable('day_file'), hive_partitioning = false)
where is_fcr_eligible
group by all
"""

FCR_TABLE = """
create or replace table fcr_counts (
    contact_type varchar, source varchar, channel varchar, country_code varchar, industry varchar,
    plan_tier varchar, product_area varchar, team varchar, eligible_count bigint,
    repeat_contacts_count bigint, immature_count bigint, not_measurable_count bigint,
    fcr_no_repeat_base_count bigint, fcr_no_repeat_count bigint, fcr_one_touch_base_count bigint,
    fcr_one_touch_count bigint, fcr_single_customer_message_base_count bigint,
    fcr_single_customer_message_count bigint, fcr_closed_once_one_teammate_base_count bigint,
    fcr_closed_once_one_teammate_count bigint, fcr_no_reopen_base_count bigint,
    fcr_no_reopen_count bigint, contact_date date
)
"""

FCR_VARIANTS = (
    "no_repeat",
    "one_touch",
    "single_customer_message",
    "closed_once_one_teammate",
    "no_reopen",
)


def mart_fcr() -> str:
    """Net and stated resolution are left out: nothing in the year judges or asks for them."""
    rates = ",\n    ".join(
        f"share(fcr_{name}_count, fcr_{name}_base_count) as fcr_{name}_pct, "
        f"wilson_low(fcr_{name}_count, fcr_{name}_base_count) as fcr_{name}_low_pct, "
        f"wilson_high(fcr_{name}_count, fcr_{name}_base_count) as fcr_{name}_high_pct"
        for name in FCR_VARIANTS
    )
    return (
        f"select *,\n    {rates},\n    fcr_no_repeat_base_count >= 30 as is_reportable "
        "from fcr_counts"
    )


ABANDON_COUNTS = """
insert into abandon_counts
select
    contact_medium, queue, source, channel, country_code, industry, plan_tier, product_area, team,
    count(case when is_offered then 1 end),
    count(case when outcome = 'answered' then 1 end),
    count(case when is_abandoned then 1 end),
    count(case when is_short_abandoned then 1 end),
    count(case when outcome = 'abandoned_in_ivr' then 1 end),
    count(case when outcome = 'callback_requested' then 1 end),
    count(case when outcome = 'voicemail' then 1 end),
    count(case when outcome = 'out_of_hours' then 1 end),
    count(case when outcome = 'failed' then 1 end),
    count(case when outcome = 'bot_only' then 1 end),
    count(case when outcome = 'answered' then wait_seconds end),
    count(case when outcome = 'answered' and wait_seconds <= answer_target_seconds then 1 end),
    sum(case when outcome = 'answered' then wait_seconds end),
    contact_date
from read_parquet(getvariable('day_file'), hive_partitioning = false)
where is_customer_contact
group by all
"""

ABANDON_TABLE = """
create or replace table abandon_counts (
    contact_medium varchar, queue varchar, source varchar, channel varchar, country_code varchar,
    industry varchar, plan_tier varchar, product_area varchar, team varchar, offered_count bigint,
    answered_count bigint, abandoned_count bigint, short_abandoned_count bigint,
    ivr_abandoned_count bigint, callback_requested_count bigint, voicemail_count bigint,
    out_of_hours_count bigint, failed_count bigint, bot_only_count bigint,
    answered_wait_count bigint, answered_within_target_count bigint,
    answered_wait_seconds_sum double, contact_date date
)
"""

MART_ABANDONMENT = """
select
    *,
    offered_count - short_abandoned_count as net_offered_count,
    abandoned_count - short_abandoned_count as net_abandoned_count,
    share(net_abandoned_count, net_offered_count) as abandon_pct,
    wilson_low(net_abandoned_count, net_offered_count) as abandon_low_pct,
    wilson_high(net_abandoned_count, net_offered_count) as abandon_high_pct,
    share(abandoned_count, offered_count) as abandon_raw_pct,
    answered_wait_seconds_sum / nullif(answered_wait_count, 0) as speed_of_answer_seconds_avg,
    net_offered_count >= 30 as is_reportable
from abandon_counts
"""

# Contacts that somebody answered about, with what the answer takes from them.
LINKED = """
insert into linked
select
    answers.response_id, contacts.contact_id, contacts.customer_id, contacts.agent_id,
    contacts.channel, contacts.product_area, contacts.reason, contacts.team, contacts.country_code,
    contacts.industry, contacts.plan_tier, contacts.is_bot_only, contacts.is_test, contacts.source,
    contacts.contact_date, contacts.started_at, contacts.resolved_at
from answers
inner join read_parquet(getvariable('day_file'), hive_partitioning = false) as contacts
    on 'year:' || answers.contact_id = contacts.source_record_id
where
    answers.contact_type = getvariable('kind')
    and answers.contact_id between getvariable('lowest_id') and getvariable('highest_id')
"""

LINKED_TABLE = """
create or replace table linked (
    response_id bigint, contact_id varchar, customer_id varchar, agent_id varchar, channel varchar,
    product_area varchar, reason varchar, team varchar, country_code varchar, industry varchar,
    plan_tier varchar, is_bot_only boolean, is_test boolean, contact_source varchar,
    contact_date date, contact_started_at timestamp, resolved_at timestamp
)
"""

HEALTH_TABLE = """
create or replace table health_inputs (
    customer_id varchar, component varchar, input_date date, input_count bigint, value_sum double
)
"""

HEALTH_OF_CONTACTS = f"""
insert into health_inputs
select
    customer_id, 'fcr',
    cast(started_at + interval {WINDOW_DAYS} day - interval 1 second as date), count(*),
    100.0 * count(case when is_fcr_no_repeat then 1 end)
from read_parquet(getvariable('day_file'), hive_partitioning = false)
where is_fcr_no_repeat is not null and customer_id is not null
group by all
union all
select
    customer_id, 'abandonment', contact_date, count(*),
    100.0 * count(case when not is_abandoned then 1 end)
from read_parquet(getvariable('day_file'), hive_partitioning = false)
where is_offered and not is_short_abandoned and customer_id is not null
group by all
"""

ANSWERS = """
create or replace table fct_survey_responses as
with scales as (
    select *
    from (values
        ('csat', 'csat_5', '1.0', 1.0, 5.0, 4, 5, 1, 2),
        ('nps', 'nps_11', '1.0', 0.0, 10.0, 9, 10, 0, 6),
        ('ces', 'ces_2', '2.0', 1.0, 7.0, 5, 7, 1, 3)
    ) as listed (kind, scale_id, scale_version, score_min, score_max, positive_min, positive_max,
        negative_min, negative_max)
),

joined as (
    select
        'year:' || answers.response_id as response_id,
        answers.kind as survey_type,
        scales.scale_id,
        scales.scale_version,
        'higher_is_better' as scale_direction,
        'overall' as question_key,
        case when answers.campaign = 'R' then 'relational' else 'transactional' end
            as survey_scope,
        answers.contact_type || ':year:' || answers.contact_id as contact_id,
        coalesce('year:' || answers.company_id, linked.customer_id) as customer_id,
        coalesce(linked.agent_id, 'year:' || answers.agent_id) as agent_id,
        'year:' || answers.agent_id as agent_at_survey_id,
        coalesce(linked.contact_source, 'unknown') as contact_source,
        coalesce(linked.channel, 'unknown') as channel,
        coalesce(linked.product_area, 'unknown') as product_area,
        coalesce(linked.reason, 'unknown') as reason,
        coalesce(linked.team, 'unknown') as team,
        coalesce(companies.country, linked.country_code, 'unknown') as country_code,
        coalesce(companies.industry, linked.industry, 'unknown') as industry,
        coalesce(companies.plan, linked.plan_tier, 'unknown') as plan_tier,
        case when answers.score = 0 and answers.kind <> 'nps' then null
            else cast(answers.score as double) end as score,
        coalesce(cast(edited.first_score as double), cast(answers.score as double)) as first_score,
        cast(scales.score_min as double) as score_min,
        cast(scales.score_max as double) as score_max,
        100 * (answers.score - scales.score_min) / (scales.score_max - scales.score_min)
            as score_pct,
        answers.score between scales.positive_min and scales.positive_max as is_positive,
        answers.score between scales.negative_min and scales.negative_max as is_negative,
        linked.contact_id is not null as is_linked_to_contact,
        coalesce(linked.is_bot_only, false) as is_bot_only,
        coalesce(companies.is_test, false) or coalesce(linked.is_test, false) as is_test,
        cast(answers.answered_at as date) as response_date,
        linked.contact_date,
        cast(linked.resolved_at as date) as resolved_date,
        answers.sent_at,
        answers.answered_at as responded_at,
        delivered_files.source,
        delivered_files.source_file as _source_file,
        answers.row_no + 1 as _row_number,
        delivered_files.load_date as _load_date,
        'handwritten' as _run_id
    from answers
    inner join scales on answers.kind = scales.kind
    inner join delivered_files on answers.file_no = delivered_files.file_no
    left join linked on answers.response_id = linked.response_id
    left join edited on answers.response_id = edited.response_id
    left join companies
        on
            coalesce(answers.company_id, cast(linked.customer_id[6:] as bigint))
                = companies.company_id
            and coalesce(linked.contact_started_at, answers.answered_at) >= companies.valid_from
            and coalesce(linked.contact_started_at, answers.answered_at) < companies.valid_to
)

select
    *,
    score is not null and not is_test and row_number() over (
        partition by coalesce(contact_id, response_id), survey_type, survey_scope
        order by case when score is not null then 0 else 1 end, responded_at desc, response_id desc
    ) = 1 as is_counted,
    not is_bot_only as is_headline
from joined
"""

ANSWER_CUTS = (
    "source, contact_source, channel, country_code, industry, plan_tier, product_area, team, "
    "scale_id, question_key, is_bot_only, is_headline"
)

MART_CSAT = f"""
with counted as (
    select
        response_date, {ANSWER_CUTS}, count(*) as responses_count,
        count(case when is_positive then 1 end) as satisfied_count,
        count(case when is_negative then 1 end) as dissatisfied_count,
        sum(score) as score_sum, min(score_min) as score_min, min(score_max) as score_max
    from fct_survey_responses
    where survey_type = 'csat' and is_counted
    group by all
)

select
    *,
    share(satisfied_count, responses_count) as csat_pct,
    wilson_low(satisfied_count, responses_count) as csat_low_pct,
    wilson_high(satisfied_count, responses_count) as csat_high_pct,
    share(dissatisfied_count, responses_count) as dissatisfied_pct,
    score_sum / responses_count as csat_avg,
    100 * (score_sum / responses_count - score_min) / (score_max - score_min) as csat_avg_pct,
    responses_count >= 30 as is_reportable
from counted
"""

MART_NPS = f"""
with counted as (
    select
        response_date, survey_scope, {ANSWER_CUTS}, count(*) as responses_count,
        count(case when is_positive then 1 end) as promoters_count,
        count(case when is_negative then 1 end) as detractors_count,
        sum(score) as score_sum
    from fct_survey_responses
    where survey_type = 'nps' and is_counted
    group by all
)

select
    *,
    responses_count - promoters_count - detractors_count as passives_count,
    share(promoters_count - detractors_count, responses_count) as nps,
    nps_margin(promoters_count, detractors_count, responses_count) as nps_margin,
    greatest(nps - nps_margin, -100) as nps_low,
    least(nps + nps_margin, 100) as nps_high,
    responses_count >= 30 as is_reportable
from counted
"""

MART_CES = f"""
with counted as (
    select
        response_date, scale_version as ces_version, scale_direction, {ANSWER_CUTS},
        count(*) as responses_count,
        count(case when is_positive then 1 end) as easy_count,
        count(case when is_negative then 1 end) as difficult_count,
        count(case when score >= 6 then 1 end) as very_easy_count,
        sum(score) as score_sum
    from fct_survey_responses
    where survey_type = 'ces' and is_counted
    group by all
)

select
    *,
    responses_count - easy_count - difficult_count as neutral_count,
    share(easy_count, responses_count) as ces_easy_pct,
    wilson_low(easy_count, responses_count) as ces_easy_low_pct,
    wilson_high(easy_count, responses_count) as ces_easy_high_pct,
    share(difficult_count, responses_count) as ces_difficult_pct,
    score_sum / responses_count as ces_avg,
    share(very_easy_count - difficult_count, responses_count) as ces_index,
    responses_count >= 30 as is_reportable
from counted
"""

HEALTH_OF_ANSWERS = """
insert into health_inputs
select customer_id, survey_type, response_date, count(*), sum(score_pct)
from fct_survey_responses
where is_counted and is_headline and customer_id is not null
group by all
"""

# Weights that double with every half-life cancel in the ratio of running sums, so that each input
# fades without being looked at again. Nothing of a year is old enough to drop out.
HEALTH_HISTORY = f"""
create or replace table health_history as
with daily as (
    select
        customer_id,
        input_date,
        power(2, (input_date - date '2020-01-01') / {HALF_LIFE_DAYS}.0) as growth,
        {{sums}}
    from health_inputs
    group by customer_id, input_date
),

running as (
    select
        daily.customer_id,
        daily.input_date as valid_from_date,
        {{running}}
    from daily
    left join dim_customers on daily.customer_id = dim_customers.customer_id
    where
        daily.input_date <= getvariable('as_of_date')
        and not coalesce(dim_customers.is_test, false)
        and daily.input_date <= coalesce(
            case when cast(dim_customers.churned_at as date) <= getvariable('as_of_date')
                then cast(dim_customers.churned_at as date) end,
            daily.input_date
        )
    window so_far as (
        partition by daily.customer_id order by daily.input_date
        rows between unbounded preceding and current row
    )
),

scored as (
    select customer_id, valid_from_date, {{scores}}, {{counts}}
    from running
),

added as (
    select
        *,
        {{points}} as points,
        {{present}} as present_weight,
        greatest({{shortfalls}}) as worst_shortfall
    from scored
)

select
    * exclude (points, present_weight, worst_shortfall),
    round(points / nullif(present_weight, 0), 6) as score,
    round(present_weight, 6) as coverage,
    case
        when points / nullif(present_weight, 0) is null or round(present_weight, 6) < 0.5
            then 'insufficient_data'
        when round(points / present_weight, 6) <= 50 then 'red'
        when round(points / present_weight, 6) <= 75 then 'yellow'
        else 'green'
    end as rag,
    case when worst_shortfall <= 0 then null {{drivers}} end as top_negative_driver
from added
"""

HEALTH_WEIGHTS = {"csat": 0.30, "nps": 0.25, "ces": 0.15, "fcr": 0.20, "abandonment": 0.10}


def health_history() -> str:
    """The table of all days on which a customer's score moved."""
    names = list(HEALTH_WEIGHTS)

    def each(template: str, glue: str = ",\n        ") -> str:
        return glue.join(template.format(name=name, w=HEALTH_WEIGHTS[name]) for name in names)

    shortfall = "coalesce({w} * (100 - {name}_score), 0)"
    return HEALTH_HISTORY.format(
        sums=each(
            "sum(case when component = '{name}' then input_count end) as {name}_n, "
            "sum(case when component = '{name}' then value_sum end) as {name}_value"
        ),
        running=each(
            "sum({name}_n) over so_far as {name}_input_count, "
            "sum({name}_n * growth) over so_far as {name}_weight, "
            "sum({name}_value * growth) over so_far as {name}_sum"
        ),
        scores=each("round({name}_sum / {name}_weight, 6) as {name}_score", ", "),
        counts=each("coalesce({name}_input_count, 0) as {name}_input_count", ", "),
        points=each("coalesce({w} * {name}_score, 0)", " + "),
        present=each("case when {name}_score is null then 0 else {w} end", " + "),
        shortfalls=each(shortfall, ", "),
        drivers=each(f"when {shortfall} = worst_shortfall then '{{name}}'", " "),
    )


MART_HEALTH = """
select
    latest.*,
    dim_customers.country_code, dim_customers.industry, dim_customers.plan_tier,
    dim_customers.segment
from (
    select
        *,
        lag(score) over (partition by customer_id order by valid_from_date) as previous_score,
        row_number() over (partition by customer_id order by valid_from_date desc) as place
    from health_history
) as latest
left join dim_customers on latest.customer_id = dim_customers.customer_id
where latest.place = 1
"""

FCT_TICKETS = """
select
    'year:' || ticket_id as ticket_id,
    'ticket:year:' || ticket_id as contact_id,
    'year:' || company_id as customer_id,
    'year:' || tickets.agent_id as agent_id,
    channel,
    coalesce(tickets.team, agents.team, 'unknown') as team,
    coalesce(reason, 'unknown') as reason,
    coalesce(product_area, 'unknown') as product_area,
    priority,
    status,
    'inbound' as direction,
    'year:' || followup_of_id as parent_ticket_id,
    'year:' || merged_into_id as merged_into_ticket_id,
    replies as agent_reply_count,
    customer_messages as customer_message_count,
    cast(tickets.agents as bigint) as agent_count,
    cast(solves as bigint) as solve_count,
    cast(reopens as bigint) as reopen_count,
    cast(reassignments as bigint) as reassignment_count,
    seconds_between(created_at, first_replied_at) as first_response_calendar_seconds,
    seconds_between(created_at, coalesce(first_solved_at, solved_at))
        as first_resolution_calendar_seconds,
    seconds_between(created_at, solved_at) as full_resolution_calendar_seconds,
    seconds_between(created_at, closed_at) as close_calendar_seconds,
    cast(null as boolean) as is_sla_met,
    not spam and status <> 'deleted' and merged_into_id is null
        and company_id not in (select company_id from tests) as is_customer_contact,
    spam as is_spam,
    resolved_by_bot as is_bot_only,
    cast(created_at as date) as contact_date,
    created_at,
    tickets.updated_at,
    first_replied_at,
    first_solved_at,
    solved_at,
    closed_at,
    delivered_files.source,
    delivered_files.source_file as _source_file,
    row_no + 1 as _row_number,
    delivered_files.load_date as _load_date,
    'handwritten' as _run_id
from tickets
inner join delivered_files on tickets.file_no = delivered_files.file_no
left join agents
    on
        tickets.agent_id = agents.agent_id
        and tickets.created_at >= agents.valid_from
        and tickets.created_at < agents.valid_to
"""

FCT_CALLS = """
select
    'year:' || call_id as call_id,
    'call:year:' || call_id as contact_id,
    'year:' || calls.company_id as customer_id,
    'year:' || calls.agent_id as agent_id,
    'phone' as channel,
    coalesce(queue, 'unknown') as queue,
    coalesce(calls.team, agents.team, 'unknown') as team,
    coalesce(reason, 'unknown') as reason,
    coalesce(product_area, 'unknown') as product_area,
    coalesce(companies.country, 'unknown') as country_code,
    case when direction = 'I' then 'inbound' else 'outbound' end as direction,
    case disposition when 'ANSWERED' then 'answered' when 'ABANDONED' then 'abandoned'
        when 'IVR' then 'abandoned_in_ivr' when 'VOICEMAIL' then 'voicemail'
        when 'CALLBACK' then 'callback_requested' when 'CLOSED' then 'out_of_hours'
        else 'failed' end as outcome,
    cast(transfers as bigint) as transfer_count,
    case when disposition in ('ANSWERED', 'ABANDONED') then cast(wait_seconds as double) end
        as wait_seconds,
    cast(talk_seconds as double) as talk_seconds,
    cast(hold_seconds as double) as hold_seconds,
    cast(wrap_up_seconds as double) as wrap_up_seconds,
    case when disposition = 'ANSWERED'
        then cast(talk_seconds + coalesce(hold_seconds, 0) + coalesce(wrap_up_seconds, 0) as double)
    end as handle_seconds,
    resolved as is_resolved,
    direction = 'I' and not coalesce(companies.is_test, false) as is_customer_contact,
    cast(started_at as date) as contact_date,
    started_at,
    queued_at,
    answered_at,
    ended_at,
    delivered_files.source,
    delivered_files.source_file as _source_file,
    row_no + 1 as _row_number,
    delivered_files.load_date as _load_date,
    'handwritten' as _run_id
from calls
inner join delivered_files on calls.file_no = delivered_files.file_no
left join companies
    on
        calls.company_id = companies.company_id
        and calls.started_at >= companies.valid_from
        and calls.started_at < companies.valid_to
left join agents
    on
        calls.agent_id = agents.agent_id
        and calls.started_at >= agents.valid_from
        and calls.started_at < agents.valid_to
"""
