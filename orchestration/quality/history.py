"""Checks of a delivery against the deliveries before it: well-formed, but is it like them?

Of every load date that was checked a profile is kept in `state/profiles/`: how many rows it had,
how often each value of the columns with few values came, the medians of numbers, and how many rows
lie in the future. A delivery is compared with the profiles of earlier load dates of its own table,
so that every threshold comes from this warehouse:

volume_like_before   at least a quarter, at most four times the median of the last eight deliveries
                     on the same weekday; the run stops. From four deliveries of 40 rows on.
values_like_before   against the 28 load dates before it: the population stability index of a column
                     stays below 0.25 and what chance gives, no value of five per cent or more is
                     gone, the median of a number is within a third and three times the usual one.
                     Only warns. From 100 rows, and 400 before, on.
clocks_not_ahead     at most one in a hundred rows, or five, is of later than two days after its
                     load date; the run stops.

A person may accept what stops (`cx run --accept SOURCE.TABLE`): it is told as a warning then, and
who accepted it. Reads the warehouse (read-only, closed on return), writes the profiles.
"""

from __future__ import annotations

import getpass
import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from orchestration.lake_files import set_lake_variables
from orchestration.quality.outcomes import NO_DATA, Outcome, and_more, delivery_outcome
from orchestration.quality.targets import (
    DATES_AT_ONCE,
    date_list,
    identifier,
    literal,
    open_warehouse,
)
from orchestration.settings import Settings
from orchestration.state import read_json, write_json

if TYPE_CHECKING:
    import duckdb

    from orchestration.declarations import Source, Table

VOLUME_CHECK = "volume_like_before"
VALUES_CHECK = "values_like_before"
CLOCK_CHECK = "clocks_not_ahead"
CHECKS = (VOLUME_CHECK, VALUES_CHECK, CLOCK_CHECK)

SAME_WEEKDAYS, FEWEST_WEEKDAYS, FEWEST_ROWS, TIMES = 8, 4, 40, 4
DAYS_BEFORE, ROWS_NOW, ROWS_BEFORE = 28, 100, 400
SHIFT, USUAL_SHARE, EXPECTED_ROWS, MEDIAN_TIMES = 0.25, 0.05, 20, 3
AHEAD_SHARE, AHEAD_ROWS, AHEAD_DAYS = 0.01, 5, 2
# More values than that are names, ids or texts.
FEW_VALUES = 20
NONE = "(none)"
# What may lie in the future.
PLANNED_COLUMNS = frozenset({"promise_due_at"})
PLANNED_ENTITIES = frozenset({"shifts", "cost_ledger"})
TEXTS = ("_id", "name", "comment", "text", "email", "phone", "tags")


@dataclass(frozen=True)
class Profile:
    """What a load date of a table was like.

    Attributes:
        rows: delivered rows.
        ahead: rows of later than two days after the load date.
        values: column → value → rows; a missing value is `(none)`.
        medians: column of numbers → (rows with a number, median).
    """

    rows: int
    ahead: int = 0
    values: dict[str, dict[str, int]] = field(default_factory=dict)
    medians: dict[str, tuple[int, float]] = field(default_factory=dict)


def check_history(
    settings: Settings,
    sources: Sequence[Source],
    load_dates: Sequence[date] | None,
    accepted: Collection[str] = (),
) -> list[Outcome]:
    """Profile the load dates of a run and compare each with those before it.

    Args:
        load_dates: None for a build from the lake alone, whose deliveries were judged before.
        accepted: tables, as `source.table`, whose anomalies a person has accepted for this run.

    Returns:
        Three outcomes for every declared table.

    Raises:
        DataError: the warehouse cannot be opened.
    """
    tables = [table for source in sources for table in source.tables]
    if load_dates is None:
        return [_outcome(table, check, [], looked_at=0) for table in tables for check in CHECKS]
    found: list[Outcome] = []
    connection = open_warehouse(settings)
    try:
        fresh: list[dict[date, Profile]] = [{} for _ in tables]
        for first in range(0, len(load_dates), DATES_AT_ONCE):
            some = load_dates[first : first + DATES_AT_ONCE]
            # The views see these alone: to find them among all files costs what all of them cost.
            set_lake_variables(connection, settings, some)
            for table, profiles in zip(tables, fresh, strict=True):
                profiles.update(_profiles(connection, table, some))
    finally:
        connection.close()
    for table, profiles in zip(tables, fresh, strict=True):
        name = f"{table.source}.{table.name}"
        path = settings.state / "profiles" / f"{name}.json"
        known = _known(path) | profiles
        if profiles:
            write_json(path, {str(day): asdict(known[day]) for day in sorted(known)})
        found += _judged(table, profiles, known, name in accepted)
    return found


def _judged(
    table: Table, fresh: dict[date, Profile], known: dict[date, Profile], is_accepted: bool
) -> list[Outcome]:
    problems: dict[str, list[str]] = {check: [] for check in CHECKS}
    for load_date, profile in sorted(fresh.items()):
        before = {day: found for day, found in known.items() if day < load_date}
        for check, judge in (
            (VOLUME_CHECK, volume_problem),
            (VALUES_CHECK, values_problem),
            (CLOCK_CHECK, clock_problem),
        ):
            if problem := judge(load_date, profile, before):
                problems[check].append(f"{problem} on {load_date}")
    return [
        _outcome(table, check, found, looked_at=len(fresh), is_accepted=is_accepted)
        for check, found in problems.items()
    ]


def volume_problem(load_date: date, profile: Profile, before: dict[date, Profile]) -> str | None:
    """What is unusual about the number of rows, or None."""
    same = [day for day in sorted(before) if day.weekday() == load_date.weekday()]
    counts = [before[day].rows for day in same[-SAME_WEEKDAYS:]]
    if len(counts) < FEWEST_WEEKDAYS or median(counts) < FEWEST_ROWS:
        return None
    usual = median(counts)
    if usual / TIMES <= profile.rows <= usual * TIMES:
        return None
    return f"{profile.rows} rows where {usual:g} are usual on that weekday"


def values_problem(load_date: date, profile: Profile, before: dict[date, Profile]) -> str | None:
    """What is unusual about the values, column by column, or None."""
    recent = [
        found for day, found in before.items() if day >= load_date - timedelta(days=DAYS_BEFORE)
    ]
    told = []
    for column, now in sorted(profile.values.items()):
        past: Counter[str] = Counter()
        for found in recent:
            past.update(found.values.get(column, {}))
        if sum(now.values()) < ROWS_NOW or sum(past.values()) < ROWS_BEFORE:
            continue
        gone = [
            value
            for value, rows in past.items()
            if value not in now
            and rows / past.total() >= USUAL_SHARE
            and rows / past.total() * sum(now.values()) >= EXPECTED_ROWS
        ]
        if gone:
            told.append(f"no {column} {' or '.join(sorted(gone))}")
        elif (index := stability_index(now, past)) is not None:
            told.append(f"other shares of {column} (stability index {index:.2f})")
    for column, (rows, value) in sorted(profile.medians.items()):
        usual = [found.medians[column] for found in recent if column in found.medians]
        if rows < ROWS_NOW or sum(n for n, _ in usual) < ROWS_BEFORE:
            continue
        middle = median(past_value for _, past_value in usual)
        if middle > 0 and not middle / MEDIAN_TIMES <= value <= middle * MEDIAN_TIMES:
            told.append(f"a median {column} of {value:g} where {middle:g} is usual")
    return " and ".join(told) or None


def clock_problem(load_date: date, profile: Profile, before: dict[date, Profile]) -> str | None:
    """Rows of the future, or None; the deliveries before do not matter."""
    del load_date, before
    if profile.ahead <= max(AHEAD_ROWS, AHEAD_SHARE * profile.rows):
        return None
    return f"{profile.ahead} of {profile.rows} rows later than {AHEAD_DAYS} days after the delivery"


def stability_index(now: dict[str, int], past: Counter[str]) -> float | None:
    """The population stability index when it is beyond a shift and what chance gives, else None.

    The sum of (p - q) ln(p / q) over the values; 0.25 is the usual limit of a major shift. Of two
    samples of the same population it is near (values - 1)(1 / n + 1 / m), which is added.
    """
    values = {*now, *past}
    n, m = sum(now.values()), past.total()
    index = 0.0
    for value in values:
        p = (now.get(value, 0) + 0.5) / (n + 0.5 * len(values))
        q = (past.get(value, 0) + 0.5) / (m + 0.5 * len(values))
        index += (p - q) * math.log(p / q)
    chance = (len(values) - 1) * (1 / n + 1 / m)
    return index if index > SHIFT + 2 * chance else None


def _profiles(
    connection: duckdb.DuckDBPyConnection, table: Table, load_dates: Sequence[date]
) -> dict[date, Profile]:
    """The profiles of the load dates that have rows."""
    feed = table.feeds[table.entity]
    personal = {name for name, spec in feed.fields.items() if spec.personal}
    view = f"staging.{identifier(f'stg_{table.source}__{table.entity}')}"
    types = {
        name: kind
        for name, kind, *_ in connection.execute(f"DESCRIBE {view}").fetchall()
        if not name.startswith("_") and name not in personal
    }
    clocks = [
        f"{identifier(name)} >= _load_date + {AHEAD_DAYS + 1}"
        for name, kind in types.items()
        if kind == "TIMESTAMP"
        and name not in PLANNED_COLUMNS
        and table.entity not in PLANNED_ENTITIES
    ]
    ahead = " OR ".join(clocks) or "false"
    chosen = [
        name
        for name, kind in types.items()
        if kind in ("VARCHAR", "BOOLEAN", "DOUBLE", "BIGINT")
        and not any(part in name for part in TEXTS)
    ]
    columns = ", ".join(["_load_date", *(identifier(name) for name in chosen)])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE cx_profiled AS "  # noqa: S608
        f"SELECT {columns}, coalesce({ahead}, false) AS is_ahead FROM {view} "
        f"WHERE _source_table = {literal(table.name)} "
        f"AND _load_date IN ({date_list(load_dates)})"
    )
    found = {
        day: Profile(rows, late)
        for day, rows, late in connection.execute(
            "SELECT _load_date, count(*), count(*) FILTER (WHERE is_ahead) "
            "FROM cx_profiled GROUP BY ALL"
        ).fetchall()
    }
    few = _columns_of_few_values(connection, chosen)
    for name in few:
        for day, value, rows in connection.execute(
            f"SELECT _load_date, CAST({identifier(name)} AS VARCHAR), count(*) "  # noqa: S608
            "FROM cx_profiled GROUP BY ALL"
        ).fetchall():
            found[day].values.setdefault(name, {})[NONE if value is None else value] = rows
    for name in chosen:
        if types[name] in ("DOUBLE", "BIGINT") and name not in few:
            for day, rows, middle in connection.execute(
                f"SELECT _load_date, count({identifier(name)}), "  # noqa: S608
                f"median({identifier(name)}) FROM cx_profiled GROUP BY ALL"
            ).fetchall():
                if middle is not None:
                    found[day].medians[name] = (rows, float(middle))
    connection.execute("DROP TABLE cx_profiled")
    return found


def _columns_of_few_values(
    connection: duckdb.DuckDBPyConnection, names: Iterable[str]
) -> list[str]:
    names = list(names)
    if not names:
        return []
    counted = connection.execute(
        "SELECT "  # noqa: S608
        + ", ".join(f"approx_count_distinct({identifier(name)})" for name in names)
        + " FROM cx_profiled"
    ).fetchone()
    return [name for name, count in zip(names, counted or (), strict=True) if count <= FEW_VALUES]


def _known(path: Path) -> dict[date, Profile]:
    """The profiles of earlier runs; without them a delivery has nothing to be compared with."""
    if not path.is_file():
        return {}
    return {
        date.fromisoformat(day): Profile(
            **{**found, "medians": {name: tuple(pair) for name, pair in found["medians"].items()}}
        )
        for day, found in read_json(path).items()
    }


def _outcome(
    table: Table, check: str, found: Sequence[str], looked_at: int, is_accepted: bool = False
) -> Outcome:
    stops = check != VALUES_CHECK and not is_accepted
    name = f"{table.source}.{table.name}"
    message = "" if looked_at else NO_DATA
    if found:
        more = and_more(len(found) - 1, "load dates")
        if is_accepted:
            advice = f"accepted for this run by {getpass.getuser()}"
        elif stops:
            advice = f"ask who delivers it, or say `--accept {name}` if it is as it should be"
        else:
            advice = "ask who delivers it whether it still means the same"
        message = (
            f"Expected {name} to be like its deliveries before, found {found[0]}{more}: {advice}."
        )
    return delivery_outcome(
        table.source,
        table.name,
        check,
        message,
        wrong=len(found),
        looked_at=looked_at,
        severity="critical" if stops else "warning",
    )
