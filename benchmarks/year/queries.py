"""The queries that make the rows of the year: every value is a function of an id and the seed.

Each query begins with the records that a file holds (`placed`) and ends with the columns of the
export. A die is DuckDB's `hash`, so its version belongs to the seed; 16 bits of it are one throw.
"""

from __future__ import annotations

from collections.abc import Iterable

from volumes import AGENTS, COUNTRIES, INDUSTRIES, PLANS, QUEUES, SLOTS, TEAMS

# How far back a file may hold corrections or changes of records that began earlier.
CHAT_CORRECTION_DAYS = 3
TICKET_TAIL_DAYS = 56
# Every so many chats one stands twice in its file.
DUPLICATE_EVERY = 5_003
# One row in so many holds a word that no declaration knows.
UNTYPABLE_EVERY = 100_000
WEIGHTED_INDUSTRIES = [(name, 30 - number) for number, name in enumerate(INDUSTRIES)]
AGENTS_PER_TEAM = AGENTS // len(TEAMS)
# Flattens the head of the distribution of companies: the biggest has about half a percent.
HEAD = 30


def functions(seed: int) -> list[str]:
    """The macros that all queries use."""
    return [
        # One argument: hashes of two are combined by an exclusive or, and would hang together.
        f"create macro dice(id, salt) as hash(id * 128 + salt + {seed * 2**45})",
        "create macro throw(die, place) as cast((die >> (16 * place)) & 65535 as bigint)",
        "create macro unit(die, place) as (((die >> (16 * place)) & 65535) + 0.5) / 65536.0",
        # Seconds of an exponential distribution with this mean.
        "create macro lasting(die, place, mean) as "
        "cast(floor(-ln((((die >> (16 * place)) & 65535) + 0.5) / 65536.0) * mean) as bigint)",
        # Zipf-like with exponent 1; the longer a company is there, the bigger it is.
        f"create macro company_of(die, companies) as 1 + cast(floor({HEAD} * exp("
        f"ln((companies + {HEAD}) / {HEAD}.0) * ((die & 4294967295) / 4294967296.0)) - {HEAD}) "
        "as bigint)",
        f"create macro slot_of(die) as cast((die >> 32) & {SLOTS - 1} as integer)",
        # A working day: few contacts at midnight, most at noon. Rises with the share.
        "create macro second_of_day(share) as cast(floor(86400 * ("
        "share + 0.7 * sin(2 * pi() * share) / (2 * pi()))) as bigint)",
    ]


# The chats of a file, in its order: corrections of the days before, then the day's own.
CHATS_PLACED = (
    f"""
create or replace temp table placed_chats as
select day, j, getvariable('today_us') + 21600000000 + 1000000 * (j % 7200) as corrected_us
from (
    select day, chats_from, unnest(range(chats)) as j
    from days
    where day between getvariable('day') - {CHAT_CORRECTION_DAYS} and getvariable('day') - 1
)
where dice(chats_from + j, 20) % {300 * CHAT_CORRECTION_DAYS} = getvariable('day') - day - 1
""",
    f"""
insert into placed_chats
select getvariable('day'), range - range // {DUPLICATE_EVERY}, null
from range(getvariable('chat_rows'))
""",
)

CHATS_DELIVERED = """
    select days.*, placed_chats.j, placed_chats.corrected_us
    from placed_chats
    inner join days on placed_chats.day = days.day
"""

CHATS_ASKED = """
    select
        days.*,
        cast(floor((numbers.i + 0.5) * days.chats / days.asked_chats) as bigint) as j,
        cast(null as bigint) as corrected_us,
        numbers.i
    from days
    cross join (select range as i from range(getvariable('asked_chats'))) as numbers
    where days.day = getvariable('day')
"""

# From `placed` (day, j, corrected_us) to `chats`, one row per chat with all that is known of it.
CHAT_ROWS = """
rolled as (
    select
        *,
        chats_from + j as id,
        dice(chats_from + j, 11) as d1,
        dice(chats_from + j, 12) as d2,
        dice(chats_from + j, 13) as d3
    from placed
),

timed as (
    select
        *,
        midnight_us + 1000000 * second_of_day((j + unit(d2, 0)) / chats) as started_us,
        case
            when throw(d2, 1) < 55050 then 'A'
            when throw(d2, 1) < 59638 then 'L'
            when throw(d2, 1) < 63570 then 'B'
            else 'C'
        end as result,
        case when throw(d3, 0) < 19660 then 20 + throw(d3, 0) % 120 else 0 end as menu_seconds,
        lasting(d2, 2, 38) as wait_seconds,
        40 + lasting(d2, 3, 380) as talk_seconds,
        company_of(d1, companies) as company
    from rolled
),

chats as (
    select
        timed.*,
        slots.team_number,
        slots.queue,
        slots.team,
        slots.product_area,
        slots.reason,
        companies.country,
        started_us + 1000000 * menu_seconds as queued_us,
        case when result = 'A' then started_us + 1000000 * (menu_seconds + wait_seconds) end
            as replied_us,
        started_us + 1000000 * (
            menu_seconds + wait_seconds + case when result = 'A' then talk_seconds else 0 end
        ) as ended_us,
        case when result = 'A' then (throw(d3, 3) < 53740) <> (corrected_us is not null)
            when result = 'B' then throw(d3, 3) < 45000 end as resolved
    from timed
    inner join slots on slot_of(timed.d1) = slots.slot
    inner join companies on timed.company = companies.id
)
"""

CHAT_COLUMNS = f"""
select
    id as chat_id,
    case when throw(d3, 1) >= 3932 then company end as company_id,
    case when result = 'A' then 1 + team_number + {len(TEAMS)} * (throw(d1, 3) % {AGENTS_PER_TEAM})
        end as agent_id,
    team,
    queue,
    case when throw(d3, 1) % 100 >= 2 then reason end as reason,
    product_area,
    case when throw(d3, 1) > 64225 then 'A' else 'V' end as initiated_by,
    country,
    case when corrected_us is null and d3 % {UNTYPABLE_EVERY} = 17 then 'X9' else result end
        as outcome,
    make_timestamp(started_us) as started_at,
    make_timestamp(queued_us) as queued_at,
    make_timestamp(replied_us) as first_reply_at,
    make_timestamp(ended_us) as ended_at,
    make_timestamp(coalesce(corrected_us, ended_us)) as updated_at,
    case when result = 'A' then 1 + throw(d3, 2) % 9 + cast(corrected_us is not null as integer)
        else 0 end as agent_messages,
    1 + throw(d3, 2) // 8192 as visitor_messages,
    case when result <> 'A' then 0 when throw(d3, 2) % 16 = 3 then 2 else 1 end as agents,
    resolved,
    throw(d1, 3) > 65208 as spam
from chats
"""


def chats() -> str:
    """A day's file by start time; reads the table that CHATS_PLACED made."""
    return f"with placed as ({CHATS_DELIVERED}),\n{CHAT_ROWS}\n{CHAT_COLUMNS}"


# A ticket comes on the day of its creation, a quarter of them again when solved, a twentieth once
# more after a reopening. What follows up another ticket, or was merged, has that ticket's root.
TICKET_PLACES = f"""
    select days.*, older.id, older.id - days.tickets_from as j
    from (
        select day, tickets_from + unnest(range(tickets)) as id
        from days
        where day between getvariable('day') - {TICKET_TAIL_DAYS} and getvariable('day') - 1
    ) as older
    inner join days on older.day = days.day
    where throw(dice(older.id, 31), 0) >= 49152
    union all by name
    select days.*, days.tickets_from + numbers.range as id, numbers.range as j
    from days
    cross join range(getvariable('ticket_rows')) as numbers
    where days.day = getvariable('day')
"""

TICKETS_ASKED = """
    select
        days.*,
        cast(floor((numbers.i + 0.5) * days.tickets / days.asked_tickets) as bigint) as j,
        days.tickets_from
            + cast(floor((numbers.i + 0.5) * days.tickets / days.asked_tickets) as bigint) as id,
        numbers.i
    from days
    cross join (select range as i from range(getvariable('asked_tickets'))) as numbers
    where days.day = getvariable('day')
"""

# Pareto-like: more than half of the changes come on the next day, a few after weeks.
TICKET_ROWS = f"""
staged as (
    select
        *,
        case when throw(d1, 0) < 49152 then 1 when throw(d1, 0) < 62259 then 2 else 3 end
            as versions
    from (select *, dice(id, 31) as d1 from placed)
),

versioned as (
    select
        *,
        case
            when day = getvariable('day') then 1
            when day + wait_days = getvariable('day') then 2
            when versions = 3 and day + wait_days + calm_days = getvariable('day') then 3
        end as version
    from (
        select
            *,
            1 + cast(floor(power(1 - unit(d1, 1), -1 / 1.2)) - 1 as bigint) % 42 as wait_days,
            1 + cast(floor(power(1 - unit(d1, 2), -1 / 1.5)) - 1 as bigint) % 14 as calm_days
        from staged
    )
),

rolled as materialized (
    select
        *,
        dice(id, 32) as d2,
        dice(id, 33) as d3,
        -- 1 % follow up and 0.5 % are merged into a ticket of the days before.
        case when dice(id, 33) % 200 in (1, 2) and id > 200000 * getvariable('scale')
            then id - 1 - cast(floor(200000 * getvariable('scale') * unit(dice(id, 33), 3))
                as bigint) end as follows_id,
        case when dice(id, 33) % 200 = 3 and id > 2000 * getvariable('scale')
            then id - 1 - cast(floor(2000 * getvariable('scale') * unit(dice(id, 33), 3))
                as bigint) end as merged_id
    from versioned
    where version is not null
),

rooted as (
    select
        *,
        dice(coalesce(follows_id, merged_id, id), 34) as root,
        midnight_us + 1000000 * second_of_day((j + unit(d2, 0)) / tickets) as created_us,
        midnight_us + 86399000000 as end_us,
        midnight_us + 86400000000 * wait_days as change_us,
        midnight_us + 86400000000 * (wait_days + calm_days) as reopen_us,
        case
            when versions > 1 then 'people'
            when merged_id is not null then 'merged'
            when throw(d2, 1) < 56361 then 'people'
            when throw(d2, 1) < 59638 then 'bot'
            when throw(d2, 1) < 60948 then 'deleted'
            else 'nobody'
        end as fate
    from rolled
),

timed as (
    select
        *,
        company_of(root, companies) as company,
        case
            when fate <> 'people' then null
            when versions = 1
                then created_us + cast((end_us - created_us) * 0.5 * unit(d2, 2) as bigint)
            when throw(d2, 2) < 45875
                then created_us + cast((end_us - created_us) * unit(d2, 3) as bigint)
            when version >= 2 then change_us + 25200000000 + 50000 * throw(d2, 3)
        end // 1000000 * 1000000 as replied_us,
        case
            when fate in ('nobody', 'deleted') then null
            when fate in ('bot', 'merged') then created_us + 60000000 + 5000 * throw(d2, 3)
            when versions = 1
                then created_us + cast((end_us - created_us) * (0.5 + 0.5 * unit(d2, 3)) as bigint)
            when version >= 2 then change_us + 28800000000 + 600000 * throw(d3, 0)
        end // 1000000 * 1000000 as solved_first_us,
        case when version = 3 then reopen_us + 28800000000 + 200000 * throw(d3, 1) end
            // 1000000 * 1000000 as reopened_us
    from rooted
),

tickets as (
    select
        timed.*,
        slots.team_number as queue_number,
        slots.team as queue_team,
        slots.product_area,
        slots.reason,
        companies.country,
        coalesce(reopened_us + 14400000000, solved_first_us) as solved_us,
        case when version = 3 then reopened_us + 18000000000
            when fate in ('bot', 'merged') then solved_first_us end as closed_us,
        -- Two fifths are held by the second line, four teams of their own.
        case when throw(d3, 2) < 26214 then {len(QUEUES)} + slots.team_number // 2
            else slots.team_number end as held_by
    from timed
    inner join slots on slot_of(timed.root) = slots.slot
    inner join companies on timed.company = companies.id
)
"""

TICKET_COLUMNS = f"""
select
    tickets.id as ticket_id,
    tickets.company as company_id,
    case when fate = 'people' and (version > 1 or replied_us is not null)
        then 1 + held_by + {len(TEAMS)} * (throw(d3, 3) % {AGENTS_PER_TEAM}) end as agent_id,
    teams.team as team,
    case when throw(d3, 1) < 39000 then 'email' when throw(d3, 1) < 55000 then 'web'
        when throw(d3, 1) < 61000 then 'portal' when throw(d3, 1) < 64500 then 'social'
        else 'api' end as channel,
    case when throw(d3, 2) % 100 >= 3 then reason end as reason,
    product_area,
    case when d3 % {UNTYPABLE_EVERY} = 17 and version = 1 then 'P9'
        when throw(d2, 1) % 100 < 12 then 'low' when throw(d2, 1) % 100 < 80 then 'normal'
        when throw(d2, 1) % 100 < 95 then 'high' else 'urgent' end as priority,
    case
        when fate = 'deleted' then 'deleted'
        when closed_us is not null then 'closed'
        when solved_us is not null then 'solved'
        when fate = 'nobody' then 'new'
        when replied_us is not null then 'pending'
        else 'open'
    end as status,
    make_timestamp(created_us) as created_at,
    make_timestamp(
        coalesce(closed_us, solved_us, case when version = 1 then replied_us end, created_us)
    ) as updated_at,
    make_timestamp(replied_us) as first_replied_at,
    make_timestamp(solved_first_us) as first_solved_at,
    make_timestamp(solved_us) as solved_at,
    make_timestamp(closed_us) as closed_at,
    make_timestamp(reopened_us) as reopened_at,
    case when fate <> 'people' then 0
        else cast(replied_us is not null as integer)
            + case when solved_us is not null and throw(d3, 0) >= 36000
                then 1 + throw(d3, 0) % 4 else 0 end end as replies,
    1 + case when throw(d3, 0) >= 30000 then throw(d3, 0) % 5 else 0 end as customer_messages,
    case when solved_us is null then 0 when version = 3 then 2 else 1 end as solves,
    cast(version = 3 as integer) as reopens,
    case when throw(d3, 2) % 9 = 4 then 1 else 0 end as reassignments,
    case when replied_us is null then 0 when throw(d3, 0) % 11 = 5 then 2 else 1 end as agents,
    fate = 'deleted' and throw(d2, 1) % 2 = 0 as spam,
    fate = 'bot' as resolved_by_bot,
    merged_id as merged_into_id,
    follows_id as followup_of_id
from tickets
inner join teams on tickets.held_by = teams.team_number
"""


def tickets() -> str:
    """A day's file: the tickets created that day and the older ones that changed on it."""
    return f"with placed as ({TICKET_PLACES}),\n{TICKET_ROWS}\n{TICKET_COLUMNS} order by ticket_id"


def ticket_events() -> str:
    """What happened to tickets on the day, one row per event."""
    return f"""
with placed as ({TICKET_PLACES}),
{TICKET_ROWS},

-- Of the many replies the first one is dated, and one more on the day of a change.
happened as (
    select id, 1 as place, 'created' as kind, 'customer' as actor, created_us as event_us, d3,
        held_by
    from tickets where version = 1
    union all
    select id, 2, 'reply', 'agent', replied_us, d3, held_by
    from tickets where replied_us is not null
    union all
    select id, 3, 'reply', 'customer', replied_us + 60000000, d3, held_by
    from tickets where replied_us is not null and throw(d3, 0) % 2 = 0
    union all
    select id, 4, 'solved', case when fate = 'bot' then 'bot' else 'agent' end, solved_first_us, d3,
        held_by
    from tickets where solved_first_us is not null
    union all
    select id, 5, 'reopened', 'customer', reopened_us, d3, held_by
    from tickets where reopened_us is not null
    union all
    select id, 6, 'solved', 'agent', solved_us, d3, held_by from tickets where version = 3
    union all
    select id, 7, 'closed', 'system', closed_us, d3, held_by
    from tickets where closed_us is not null
)

select
    8 * id + place as event_id,
    id as ticket_id,
    kind,
    actor,
    case when actor = 'agent'
        then 1 + held_by + {len(TEAMS)} * (throw(d3, 3) % {AGENTS_PER_TEAM}) end as agent_id,
    make_timestamp(event_us) as happened_at
from happened
where event_us >= getvariable('today_us') and event_us < getvariable('today_us') + 86400000000
order by happened_at, event_id
"""


CALLS_NEW = """
    select days.*, numbers.j
    from days
    cross join (select range as j from range(getvariable('call_rows'))) as numbers
    where days.day = getvariable('day')
"""

CALLS_ASKED = """
    select
        days.*,
        cast(floor((numbers.i + 0.5) * days.calls / days.asked_calls) as bigint) as j,
        numbers.i
    from days
    cross join (select range as i from range(getvariable('asked_calls'))) as numbers
    where days.day = getvariable('day')
"""

CALL_ROWS = """
rolled as (
    select
        *,
        calls_from + j as id,
        dice(calls_from + j, 51) as d1,
        dice(calls_from + j, 52) as d2,
        dice(calls_from + j, 53) as d3
    from placed
),

timed as (
    select
        *,
        company_of(d1, companies) as company,
        midnight_us + 1000000 * second_of_day((j + unit(d2, 0)) / calls) as started_us,
        case
            when throw(d2, 1) < 52428 then 'ANSWERED' when throw(d2, 1) < 57671 then 'ABANDONED'
            when throw(d2, 1) < 60000 then 'IVR' when throw(d2, 1) < 61500 then 'VOICEMAIL'
            when throw(d2, 1) < 63000 then 'CALLBACK' when throw(d2, 1) < 64800 then 'CLOSED'
            else 'FAILED'
        end as result,
        10 + throw(d3, 0) % 50 as menu_seconds,
        lasting(d2, 2, 45) as wait_seconds,
        20 + lasting(d2, 3, 300) as talk_seconds
    from rolled
),

calls as (
    select
        timed.*,
        slots.team_number,
        slots.queue,
        slots.team,
        slots.product_area,
        slots.reason,
        case when result in ('ANSWERED', 'ABANDONED', 'CALLBACK')
            then started_us + 1000000 * menu_seconds end as queued_us,
        case when result = 'ANSWERED' then started_us + 1000000 * (menu_seconds + wait_seconds) end
            as answered_us,
        started_us + 1000000 * (
            menu_seconds
            + case when result in ('ANSWERED', 'ABANDONED', 'CALLBACK') then wait_seconds else 0 end
            + case when result = 'ANSWERED' then talk_seconds else 0 end
        ) as ended_us,
        case when result = 'ANSWERED' then throw(d3, 3) < 51118 end as resolved
    from timed
    inner join slots on slot_of(timed.d1) = slots.slot
)
"""

CALL_COLUMNS = f"""
select
    id as call_id,
    case when throw(d3, 1) >= 6553 then company end as company_id,
    case when result = 'ANSWERED'
        then 1 + team_number + {len(TEAMS)} * (throw(d1, 3) % {AGENTS_PER_TEAM}) end as agent_id,
    -- Of some calls only the agent is known, whose team stands in the list of agents.
    case when result <> 'ANSWERED' or throw(d3, 2) % 10 >= 3 then team end as team,
    queue,
    case when throw(d3, 1) % 100 >= 4 then reason end as reason,
    product_area,
    case when throw(d3, 1) > 62258 then 'O' else 'I' end as direction,
    case when d3 % {UNTYPABLE_EVERY} = 17 then 'X9' else result end as disposition,
    make_timestamp(started_us) as started_at,
    make_timestamp(queued_us) as queued_at,
    make_timestamp(answered_us) as answered_at,
    make_timestamp(ended_us) as ended_at,
    case when queued_us is not null then cast(wait_seconds as integer) end as wait_seconds,
    case when result = 'ANSWERED' then cast(talk_seconds as integer) end as talk_seconds,
    case when result = 'ANSWERED' and throw(d3, 2) % 4 = 1 then throw(d3, 2) % 180 end
        as hold_seconds,
    case when result = 'ANSWERED' then 10 + throw(d3, 2) % 110 end as wrap_up_seconds,
    case when result = 'ANSWERED' then cast(throw(d3, 0) % 12 = 5 as integer) else 0 end
        as transfers,
    resolved
from calls
"""


def calls() -> str:
    """A day's file of calls, by start time."""
    return f"with placed as ({CALLS_NEW}),\n{CALL_ROWS}\n{CALL_COLUMNS}"


CHATS_ANSWERED = f"""
select
    answers_from + i as id, 'chat' as contact_type, id as contact_id,
    case when throw(d3, 1) >= 3932 then company end as company,
    1 + team_number + {len(TEAMS)} * (throw(d1, 3) % {AGENTS_PER_TEAM}) as agent_id,
    ended_us, resolved
from chats where result = 'A'
"""

TICKETS_ANSWERED = f"""
select
    answers_from + asked_chats + i as id, 'ticket' as contact_type, id as contact_id, company,
    1 + held_by + {len(TEAMS)} * (throw(d3, 3) % {AGENTS_PER_TEAM}) as agent_id,
    solved_us as ended_us, true as resolved
from tickets where fate = 'people' and versions = 1
"""

CALLS_ANSWERED = f"""
select
    answers_from + asked_chats + asked_tickets + i as id, 'call' as contact_type,
    id as contact_id, case when throw(d3, 1) >= 6553 then company end as company,
    1 + team_number + {len(TEAMS)} * (throw(d1, 3) % {AGENTS_PER_TEAM}) as agent_id,
    ended_us, resolved
from calls where result = 'ANSWERED'
"""

RELATIONAL_ANSWERED = """
select
    answers_from + asked_chats + asked_tickets + asked_calls + i as id,
    cast(null as varchar) as contact_type, cast(null as bigint) as contact_id,
    company_of(dice(answers_from + asked_chats + asked_tickets + asked_calls + i, 73), companies)
        as company,
    cast(null as bigint) as agent_id,
    midnight_us + 900000 * second_of_day((i + 0.5) / relational) as ended_us,
    true as resolved
from (
    select days.*, numbers.i
    from days
    cross join (select range as i from range(getvariable('relational'))) as numbers
    where days.day = getvariable('day')
)
"""

# Satisfied rather when it was resolved. One answer in 200 is edited on the next day.
ANSWER_ROWS = f"""
drawn as (
    select *, dice(id, 71) as d1, dice(id, 72) as d2
    from contacted
),

asked as (
    select
        *,
        case when contact_type is null then 'nps' when throw(d1, 0) < 8520 then 'ces'
            else 'csat' end as kind,
        ended_us + 60000000 as sent_us,
        ended_us + 1000000 * (75 + lasting(d1, 1, 1500)) as answered_us
    from drawn
    where not getvariable('is_edited') or d2 % 200 = 7
),

scored as (
    select
        *,
        unit(d2, 1 + cast(getvariable('is_edited') as integer))
            - case when resolved then 0 else 0.2 end as luck
    from asked
)

select
    id as response_id,
    case when d2 % {UNTYPABLE_EVERY} = 17 then 'poll' else kind end as kind,
    case
        when throw(d1, 2) < 655 then null
        when d2 % {UNTYPABLE_EVERY} = 18 then 99
        when kind = 'csat'
            then case when luck < -0.05 then 1 when luck < 0.09 then 2 when luck < 0.16 then 3
                when luck < 0.42 then 4 else 5 end
        when kind = 'ces'
            then case when luck < 0.05 then 1 when luck < 0.1 then 2 when luck < 0.17 then 3
                when luck < 0.3 then 4 when luck < 0.5 then 5 when luck < 0.8 then 6 else 7 end
        else case when luck < 0.22 then cast(floor(luck * 30) as integer)
            when luck < 0.5 then 7 + cast(luck > 0.36 as integer)
            else 9 + cast(luck > 0.75 as integer) end
    end as score,
    case when contact_type is null then 'R' else 'T' end as campaign,
    company as company_id,
    contact_type,
    contact_id,
    agent_id,
    make_timestamp(sent_us) as sent_at,
    make_timestamp(answered_us) as answered_at,
    make_timestamp(
        case when getvariable('is_edited') then getvariable('today_us') + 43200000000
            else answered_us end
    ) as updated_at
from scored
"""


def responses() -> str:
    """The answers about the contacts of the day that the variables name."""
    parts = [
        f"(with placed as ({CHATS_ASKED}),\n{CHAT_ROWS}\n{CHATS_ANSWERED})",
        f"(with placed as ({TICKETS_ASKED}),\n{TICKET_ROWS}\n{TICKETS_ANSWERED})",
        f"(with placed as ({CALLS_ASKED}),\n{CALL_ROWS}\n{CALLS_ANSWERED})",
        RELATIONAL_ANSWERED,
    ]
    return f"with contacted as ({' union all by name '.join(parts)}),\n{ANSWER_ROWS}"


def setting_up(days_table: str) -> list[str]:
    """Fixed tables: companies with their attributes, agents, and the changes of both."""
    return [
        days_table,
        _drawn("country_slots", COUNTRIES),
        _drawn("industry_slots", WEIGHTED_INDUSTRIES),
        f"""
create table companies as
select
    range as id,
    country_slots.name as country,
    industry_slots.name as industry,
    -- The bigger ones pay more.
    [{", ".join(f"'{plan}'" for plan in PLANS)}][
        1 + cast(least(3, floor(4 * unit(dice(range, 93), 0) * unit(dice(range, 93), 1)
            + case when range < 0.1 * getvariable('company_count') then 2 else 0.4 end)) as integer)
    ] as plan,
    case when range < 0.05 * getvariable('company_count') then 'strategic'
        when range < 0.3 * getvariable('company_count') then 'key' else 'standard' end as segment,
    range % 997 = 13 as is_test,
    coalesce(grown.day, 99999) as signed_up_day,
    -- 4 % of the smaller ones leave in the year.
    case when range > 0.25 * getvariable('company_count') and dice(range, 94) % 25 = 3
        then 2 + cast(dice(range, 95) % 364 as integer) end as left_day
from range(1, getvariable('company_count') + 1)
asof left join (select min(day) as day, companies from days group by companies) as grown
    on grown.companies >= range
inner join country_slots
    on cast(dice(range, 91) % {sum(weight for _, weight in COUNTRIES)} as bigint)
        = country_slots.slot
inner join industry_slots
    on cast(dice(range, 92) % {sum(weight for _, weight in WEIGHTED_INDUSTRIES)} as bigint)
        = industry_slots.slot
""",
        # Several a day; the plan that a company has is the one of its latest change.
        f"""
create table plan_changes as
select day, id, [{", ".join(f"'{plan}'" for plan in PLANS)}][1 + cast(
    dice(day * 100000 + id, 96) % {len(PLANS)} as integer)] as plan
from (
    select day, 1 + cast(dice(day * 100 + turn, 97) % companies as bigint) as id
    from days cross join (select range as turn from range(getvariable('plan_changes')))
    where day > 1
)
group by day, id
""",
        f"""
create table agents as
select
    range as id,
    cast((range - 1) % {len(TEAMS)} as integer) as team_number,
    timestamp '2018-01-01' + to_days(cast(dice(range, 101) % 2400 as integer)) as hired_at,
    case when dice(range, 102) % 20 = 3 then 2 + cast(dice(range, 103) % 364 as integer) end
        as left_day,
    case when dice(range, 104) % 10 = 3 then 2 + cast(dice(range, 105) % 364 as integer) end
        as moved_day
from range(1, {AGENTS} + 1)
""",
    ]


CUSTOMERS = """
with shown as (
    select
        companies.*,
        greatest(signed_up_day, (
            select max(day) from plan_changes
            where plan_changes.id = companies.id and plan_changes.day <= getvariable('day')
        )) as changed_day,
        (
            select max_by(plan, day) from plan_changes
            where plan_changes.id = companies.id and plan_changes.day <= getvariable('day')
        ) as present_plan
    from companies
    where signed_up_day <= getvariable('day')
)

select
    shown.id as company_id,
    country,
    industry,
    coalesce(present_plan, plan) as plan,
    segment,
    case when signed_up_day = 1
        then date '2015-01-01' + cast(dice(shown.id, 98) % 3600 as integer)
        else days.date end as signed_up_on,
    case when left_day <= getvariable('day') then getvariable('first_date') + (left_day - 1) end
        as left_on,
    is_test as test_account,
    case when getvariable('day') = 1 then make_timestamp(getvariable('today_us') - 86400000000)
        else make_timestamp(getvariable('today_us') + 1000000 * (28800 + shown.id % 28800)) end
        as updated_at
from shown
inner join days on days.day = shown.signed_up_day
where
    getvariable('day') = 1
    or signed_up_day = getvariable('day')
    or changed_day = getvariable('day')
    or left_day = getvariable('day')
order by company_id
"""

AGENT_LIST = f"""
select
    agents.id as agent_id,
    teams.team as team,
    'agent' as role,
    agents.hired_at,
    case when left_day <= getvariable('day')
        then getvariable('first_date') + (left_day - 1) end as left_on,
    case when getvariable('day') = 1 then make_timestamp(getvariable('today_us') - 86400000000)
        else make_timestamp(getvariable('today_us') + 25200000000) end as updated_at
from agents
inner join teams
    on teams.team_number
        = (agents.team_number + cast(coalesce(moved_day <= getvariable('day'), false) as integer))
            % {len(TEAMS)}
where getvariable('day') in (1, left_day, moved_day)
order by agent_id
"""


def _drawn(table: str, weighted: Iterable[tuple[str, int]]) -> str:
    """A table with as many slots for a name as it has weight."""
    names = [name for name, weight in weighted for _ in range(weight)]
    values = ", ".join(f"({slot}, '{name}')" for slot, name in enumerate(names))
    return f"create table {table} (slot bigint, name varchar); insert into {table} values {values}"
