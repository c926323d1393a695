"""How long the queries of dashboards take when many people read what is published.

    python benchmarks/year/reading.py --home HOME [--readers 20] [--seconds 30] [--think 0]

Every reader is a process of its own with one thread, as a dashboard's server would give it. It runs
all queries in one random order after another, each with other customers, queues, agents and days;
which, is a matter of the seed. Without thinking time every reader asks again at once, so that
twenty of them load the machine like many more people.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import queue
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

SEED = 20250101
QUERIES_PER_CONNECTION = 50
# As many customers, queues and agents as are drawn from the file.
DRAWN = 500
# What a person pages through.
PAGE = 1000
# In the report, beside the queries.
CONNECT = "connect"

FAMILIES = {
    "csat": """
        select date_trunc('month', response_date) as month, channel, country_code,
            sum(responses_count) as n,
            100.0 * sum(satisfied_count) / nullif(sum(responses_count), 0) as csat_pct,
            marts.wilson_low_pct(sum(satisfied_count), sum(responses_count)) as low,
            marts.wilson_high_pct(sum(satisfied_count), sum(responses_count)) as high
        from marts.mart_csat_summary
        where is_headline and scale_id = {csat_scale} and {response_year}
        group by all order by all
    """,
    "nps": """
        select date_trunc('month', response_date) as month, channel, country_code,
            sum(responses_count) as n,
            100.0 * (sum(promoters_count) - sum(detractors_count))
                / nullif(sum(responses_count), 0) as nps,
            marts.nps_moe(sum(promoters_count), sum(detractors_count), sum(responses_count))
                as margin
        from marts.mart_nps_summary
        where is_headline and survey_scope = 'relational' and {response_year}
        group by all order by all
    """,
    "ces": """
        select date_trunc('month', response_date) as month, channel, country_code,
            sum(responses_count) as n,
            100.0 * sum(easy_count) / nullif(sum(responses_count), 0) as ces_easy_pct,
            marts.wilson_low_pct(sum(easy_count), sum(responses_count)) as low,
            marts.wilson_high_pct(sum(easy_count), sum(responses_count)) as high
        from marts.mart_ces_summary
        where is_headline and scale_id = {ces_scale} and {response_year}
        group by all order by all
    """,
    "fcr": """
        select date_trunc('month', contact_date) as month, channel, country_code,
            sum(fcr_no_repeat_base_count) as n, sum(immature_count) as immature,
            100.0 * sum(fcr_no_repeat_count) / nullif(sum(fcr_no_repeat_base_count), 0) as fcr_pct,
            marts.wilson_low_pct(sum(fcr_no_repeat_count), sum(fcr_no_repeat_base_count)) as low,
            marts.wilson_high_pct(sum(fcr_no_repeat_count), sum(fcr_no_repeat_base_count)) as high
        from marts.mart_fcr_summary
        where {contact_year}
        group by all order by all
    """,
    "abandonment": """
        select date_trunc('month', contact_date) as month, contact_medium, channel, country_code,
            sum(net_offered_count) as n,
            100.0 * sum(net_abandoned_count) / nullif(sum(net_offered_count), 0) as abandon_pct,
            marts.wilson_low_pct(sum(net_abandoned_count), sum(net_offered_count)) as low,
            marts.wilson_high_pct(sum(net_abandoned_count), sum(net_offered_count)) as high
        from marts.mart_abandonment_summary
        where {contact_year}
        group by all order by all
    """,
}
MARTS = {
    **{f"{name} by month, channel, country": query for name, query in FAMILIES.items()},
    "top 20 agents of a quarter": """
        select agent_id, sum(responses_count) as n,
            100.0 * sum(satisfied_count) / sum(responses_count) as csat_pct,
            marts.wilson_low_pct(sum(satisfied_count), sum(responses_count)) as low
        from marts.mart_agents_summary
        where scale_id = {csat_scale} and response_date between {quarter}
        group by all order by low desc, agent_id limit 20
    """,
    "health by colour and industry": """
        select rag, industry, count(*) as customers, avg(score) as score
        from marts.mart_customer_health
        where is_current
        group by all order by all
    """,
    "health of a customer": """
        select valid_from_date, score, rag, coverage, top_negative_driver
        from marts.mart_customer_health_history
        where customer_id = {customer}
        order by valid_from_date
    """,
}
FACTS = {
    "contacts of a customer, 30 days": f"""
        select contact_id, started_at, contact_type, channel, queue, agent_id, reason, outcome
        from core.fct_contacts
        where customer_id = {{customer}} and contact_date between {{days_30}}
        order by started_at desc limit {PAGE}
    """,
    "contacts of a queue, one day": f"""
        select contact_id, started_at, customer_id, agent_id, channel, wait_seconds, outcome
        from core.fct_contacts
        where contact_type = {{contact_type}} and queue = {{queue}} and contact_date = {{day}}
        order by started_at limit {PAGE}
    """,
    "tickets of an agent, one month": f"""
        select ticket_id, created_at, customer_id, status, priority, reopen_count, solved_at
        from core.fct_tickets
        where agent_id = {{agent}} and contact_date between {{month}}
        order by created_at desc limit {PAGE}
    """,
}
QUERIES = {**MARTS, **FACTS}


@dataclass(frozen=True)
class Known:
    """What there is to ask about.

    Attributes:
        queues: as (contact type, queue).
    """

    first: date
    last: date
    csat_scale: str
    ces_scale: str
    customers: tuple[str, ...]
    queues: tuple[tuple[str, str], ...]
    agents: tuple[str, ...]


@dataclass(frozen=True)
class Timed:
    """A query that was run, in seconds."""

    name: str
    seconds: float


def published(home: Path) -> Path:
    """The published file of a home."""
    path = home / "published" / "cx.duckdb"
    if not path.exists():
        sys.exit(f"Expected {path}, found none: run `cx run` or `cx backfill` in that home first.")
    return path


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """As a reader connects."""
    connection = duckdb.connect(str(path), read_only=True, config={"threads": 1})
    # A spawned process is taken for an interactive one, which shows bars.
    connection.execute("set enable_progress_bar = false")
    return connection


def look(path: Path) -> Known:
    """Draw what is asked about from the published file."""

    def drawn(table: str, columns: str) -> list[tuple[str, ...]]:
        known = " and ".join(f"{name} is not null" for name in columns.split(", "))
        return connection.execute(
            f"select * from (select distinct {columns} from {table} where {known}) "
            f"order by hash({columns}, {SEED}), {columns} limit {DRAWN}"
        ).fetchall()

    def usual_scale(table: str) -> str:
        found = connection.execute(
            f"select scale_id from marts.{table} group by all "
            "order by sum(responses_count) desc, scale_id limit 1"
        ).fetchall()
        return str(found[0][0]) if found else ""

    with connect(path) as connection:
        first, last = connection.execute(
            "select min(contact_date), max(contact_date) from marts.mart_fcr_summary"
        ).fetchall()[0]
        if first is None:
            sys.exit(f"Expected contacts with a date in {path}, found none: deliver some.")
        middle = first + (last - first) // 2
        queues = drawn(
            f"(from core.fct_contacts where contact_date = {quoted(middle)} "
            "and contact_type <> 'ticket')",
            "contact_type, queue",
        )
        found = Known(
            first=first,
            last=last,
            csat_scale=usual_scale("mart_csat_summary"),
            ces_scale=usual_scale("mart_ces_summary"),
            customers=tuple(row[0] for row in drawn("marts.mart_customer_health", "customer_id")),
            queues=tuple((row[0], row[1]) for row in queues),
            agents=tuple(row[0] for row in drawn("marts.mart_agents_summary", "agent_id")),
        )
    for name in ("customers", "queues", "agents"):
        if not getattr(found, name):
            sys.exit(f"Expected {name} in {path}, found none: deliver data that has some.")
    return found


def quoted(value: str | date) -> str:
    """A literal: files are left out of a scan by what stands in the query, not by parameters."""
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return "'" + value.replace("'", "''") + "'"


def span(first: date, last: date) -> str:
    """What stands after `between`."""
    return f"{quoted(first)} and {quoted(last)}"


def filled(query: str, known: Known, dice: random.Random) -> str:
    """The query about somebody, some day."""
    day = known.first + timedelta(days=dice.randrange((known.last - known.first).days + 1))
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    # Four days into the month after, then back to its first day.
    month_after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    quarter_after = (quarter + timedelta(days=95)).replace(day=1)
    year = span(known.last - timedelta(days=364), known.last)
    contact_type, queue_name = dice.choice(known.queues)
    return query.format(
        csat_scale=quoted(known.csat_scale),
        ces_scale=quoted(known.ces_scale),
        response_year=f"response_date between {year}",
        contact_year=f"contact_date between {year}",
        quarter=span(quarter, quarter_after - timedelta(days=1)),
        month=span(day.replace(day=1), month_after - timedelta(days=1)),
        days_30=span(day - timedelta(days=29), day),
        day=quoted(day),
        customer=quoted(dice.choice(known.customers)),
        contact_type=quoted(contact_type),
        queue=quoted(queue_name),
        agent=quoted(dice.choice(known.agents)),
    )


def asked(known: Known, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Queries without end, each as often as any other."""
    while True:
        for name in dice.sample(list(QUERIES), len(QUERIES)):
            yield name, filled(QUERIES[name], known, dice)


def read(path: Path, known: Known, number: int, given: argparse.Namespace) -> list[Timed]:
    """One reader, until its time is over."""
    found: list[Timed] = []
    questions = asked(known, random.Random(SEED + number))
    end = time.perf_counter() + given.seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        with connect(path) as connection:
            found.append(Timed(CONNECT, time.perf_counter() - start))
            for _ in range(QUERIES_PER_CONNECTION):
                if time.perf_counter() >= end:
                    break
                name, query = next(questions)
                start = time.perf_counter()
                connection.execute(query).fetchall()
                found.append(Timed(name, time.perf_counter() - start))
                time.sleep(given.think)
    return found


def reader(
    path: Path,
    known: Known,
    number: int,
    given: argparse.Namespace,
    together: Barrier,
    results: multiprocessing.Queue[list[Timed]],
) -> None:
    """A process: waits for the others, reads, hands over its times."""
    together.wait()
    results.put(read(path, known, number, given))


def percentile(sorted_seconds: list[float], percent: int) -> float:
    """The smallest time that so many percent do not exceed."""
    return sorted_seconds[math.ceil(len(sorted_seconds) * percent / 100) - 1]


def line(name: str, seconds: list[float]) -> str:
    """A line of the report, in milliseconds."""
    if not seconds:
        return f"{name:<40}{0:>8}"
    ordered = sorted(seconds)
    times = (percentile(ordered, 50), percentile(ordered, 95), ordered[-1])
    return f"{name:<40}{len(ordered):>8}" + "".join(f"{1000 * each:>11.1f}" for each in times)


def report(found: list[Timed]) -> list[str]:
    """Times by query, of all marts and of all facts."""
    lines = [f"{'query':<40}{'count':>8}" + "".join(f"{x:>11}" for x in ("p50 ms", "p95", "max"))]
    for group, queries in (("all marts", MARTS), ("all facts", FACTS)):
        for name in queries:
            lines.append(line(name, [each.seconds for each in found if each.name == name]))
        lines.append(line(group, [each.seconds for each in found if each.name in queries]))
    lines.append(line(CONNECT, [each.seconds for each in found if each.name == CONNECT]))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the queries of many readers at once.")
    parser.add_argument("--home", type=Path, required=True, help="a home in which cx published")
    parser.add_argument("--readers", type=int, default=20, help="readers at once (default: 20)")
    parser.add_argument("--seconds", type=float, default=30, help="how long (default: 30)")
    parser.add_argument(
        "--think",
        type=float,
        default=0,
        help="seconds between two queries of a reader (default: 0)",
    )
    given = parser.parse_args()
    # One version for all readers, whatever is published meanwhile.
    path = published(given.home).resolve()
    try:
        known = look(path)
    except duckdb.CatalogException as error:
        sys.exit(f"Expected marts for dashboards in {path}: publish again with them ({error}).")
    context = multiprocessing.get_context("spawn")
    together, results = context.Barrier(given.readers), context.Queue()
    readers = [
        context.Process(
            target=reader, args=(path, known, number, given, together, results), daemon=True
        )
        for number in range(given.readers)
    ]
    for process in readers:
        process.start()
    found: list[Timed] = []
    for _ in readers:
        while True:
            try:
                found += results.get(timeout=1)
                break
            except queue.Empty:
                # A reader that ended without its times is waited for in vain.
                if any(process.exitcode for process in readers):
                    sys.exit("Expected every reader to end well, found one that failed: see above.")
    for process in readers:
        process.join()
    print("\n".join(report(found)))


if __name__ == "__main__":
    main()
