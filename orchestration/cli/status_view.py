"""What `cx status` tells: read from the home in well under a second, and nothing changed.

Never imports dagster, dbt or Great Expectations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from orchestration.attention import find, last_success
from orchestration.errors import CxError
from orchestration.settings import Settings
from orchestration.state import Unfinished, load_runs, load_unfinished, lock_holder

if TYPE_CHECKING:
    from orchestration.declarations import Source

SHOWN_FILES = 3
SHOWN_TABLES = 5


@dataclass(frozen=True)
class QuarantineLine:
    """One table in quarantine (`<source>.<table>`): rows, whole files, and why most often."""

    table: str
    rows: int
    files: int
    reason: str


def running_line(settings: Settings) -> str:
    """What runs now."""
    holder = lock_holder(settings)
    if holder is None:
        return "nothing"
    if holder.run_id is None:
        return "a run that has not given its name yet"
    return f"{holder.purpose} {holder.run_id} (process {holder.pid}) since {holder.since}"


def published_lines(settings: Settings) -> list[str]:
    """The version that readers see; a second sentence when it is not the newest.

    Raises:
        DataError: a manifest that cannot be read.
    """
    from orchestration.publish.versions import list_versions

    versions = list_versions(settings)
    current = next((version for version in versions if version.is_current), None)
    if current is None:
        return ["nothing yet: `cx run --date YYYY-MM-DD`, or `cx demo` to try"]
    lines = [
        f"{current.name}, {sum(current.row_counts.values()):,} rows",
        f"by run {current.run_id}, {_warnings(current.warned_tables)}",
        str(settings.published / "cx.duckdb"),
    ]
    if versions[0].name != current.name:
        lines.append(
            f"not the newest, which is {versions[0].name}: `cx rollback {versions[0].name}` goes "
            "forward again, and the next run publishes a newer one"
        )
    return lines


def _warnings(tables: Sequence[str]) -> str:
    if not tables:
        return "no table with a warning"
    more = ", …" if len(tables) > SHOWN_TABLES else ""
    return f"with warnings of checks on {', '.join(tables[:SHOWN_TABLES])}{more}"


def unfinished_rows(settings: Settings) -> list[tuple[str, ...]]:
    """Load date, since when, step, next command and error of each that is not finished.

    Raises:
        DataError: the record of them cannot be read.
    """
    holder = lock_holder(settings)
    going = None if holder is None else holder.run_id
    return [_unfinished_row(found, going) for found in load_unfinished(settings)]


def _unfinished_row(found: Unfinished, going: str | None) -> tuple[str, ...]:
    day = str(found.load_date)
    since = f"{datetime.fromisoformat(found.since):%Y-%m-%d %H:%M}"
    if found.run_id == going:
        return (day, since, "", "wait", "its run goes on")
    error = found.error or "its run was interrupted"
    return (day, since, found.step or "", f"cx run --date {day}", error)


def attention_rows(
    settings: Settings, sources: Sequence[Source], now: datetime
) -> list[tuple[str, ...]]:
    """What, since when, the next step and why, of each thing that needs a person.

    Raises:
        DataError: a record that cannot be read.
    """
    return [
        (
            found.what,
            f"{found.since:%Y-%m-%d %H:%M}" if found.since else "",
            found.todo,
            found.why,
        )
        for found in find(settings, sources, now)
    ]


def verdict(settings: Settings, now: datetime) -> tuple[bool, str]:
    """Whether all is well, and one sentence for monitoring.

    Raises:
        DataError: a record that cannot be read.
    """
    sources, problem = declared_sources(settings)
    if problem is not None:
        return False, f"the declarations cannot be read: {problem}"
    alarms = [found for found in find(settings, sources, now) if found.is_alarm]
    if not alarms:
        success = last_success(load_runs(settings))
        assert success is not None and success.finished_at is not None
        return True, (
            f"the last run ended {success.finished_at:%Y-%m-%d %H:%M} UTC and published "
            f"{success.version}"
        )
    first = alarms[0]
    since = f" since {first.since:%Y-%m-%d %H:%M} UTC" if first.since else ""
    more = f" (and {len(alarms) - 1} more: cx status)" if len(alarms) > 1 else ""
    return False, f"{first.what}{since}: {first.why} Next: {first.todo}{more}"


def quarantine_lines(
    settings: Settings, sources: Sequence[Source]
) -> tuple[list[QuarantineLine], str | None]:
    """By table; and a sentence when something could not be counted.

    What staging turned down is not read while a run goes, nor from a damaged warehouse.
    """
    if not settings.quarantine.is_dir() and not settings.warehouse.is_file():
        return [], None
    from orchestration.cli.quarantine_view import INCOMPLETE, open_quarantine

    lines: dict[str, QuarantineLine] = {}
    try:
        with open_quarantine(settings, sources) as view:
            for found in view.reasons():
                empty = QuarantineLine(found.table, 0, 0, found.reason)
                line = lines.get(found.table, empty)
                lines[found.table] = replace(
                    line,
                    rows=line.rows + found.rows - found.files,
                    files=line.files + found.files,
                )
            told = sorted(lines.values(), key=lambda line: line.table)
            return told, None if view.is_complete else INCOMPLETE
    except CxError as error:
        return [], str(error)


def unclaimed_line(settings: Settings, sources: Sequence[Source]) -> str | None:
    """How many files in the inbox no table claims, with the first of them; None for none."""
    if not settings.inbox.is_dir():
        return None
    from orchestration.ingest import unclaimed_files
    from orchestration.ingest.inbox import shown

    try:
        names = [
            shown(path.relative_to(settings.inbox)) for path in unclaimed_files(settings, sources)
        ]
    except CxError as error:
        return str(error)
    if not names:
        return None
    more = ", …" if len(names) > SHOWN_FILES else ""
    files = "file that no table claims" if len(names) == 1 else "files that no table claims"
    return f"{len(names):,} {files}: {', '.join(names[:SHOWN_FILES])}{more}"


def declared_sources(settings: Settings) -> tuple[list[Source], str | None]:
    """The declared sources; or none, and a sentence why they cannot be read."""
    from orchestration.declarations import load_sources

    try:
        return load_sources(settings.project_dir), None
    except CxError as error:
        first, *others = str(error).splitlines()
        more = f" (and {len(others)} more)" if others else ""
        return [], f"{first}{more}: `cx source check` shows all."
