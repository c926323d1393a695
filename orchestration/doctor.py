"""Looks an installation over: what `cx doctor` says, each line with what to do.

Reads; writes one empty file below the home and removes it. Never imports dagster, dbt or Great
Expectations, so that it answers in seconds and also when one of them cannot be imported.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.errors import CxError
from orchestration.settings import Settings

OK, WARN, FAIL = "ok", "warn", "fail"
PYTHON = "3.11"
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
ZONE = re.compile(r"^\s+reporting_zone:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
# Locks and memory maps of these are not those of a local disk.
FAR = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "glusterfs", "ceph")
GIB = 1024**3
LEAST_MEMORY = 3 * GIB
LEAST_FREE = GIB
# Of the size of warehouse and current version: a run writes both anew in the worst case.
ROOM = 2
OLDEST_CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
SHOWN = 5
PARTS = (
    "inbox",
    "lake",
    "quarantine",
    "warehouse",
    "published",
    "state",
    "logs",
    "data_docs",
    "dagster",
    "target",
)


@dataclass(frozen=True)
class Line:
    """What came of one look.

    Attributes:
        status: ok, warn or fail.
        todo: what to do; empty when it is ok.
    """

    status: str
    name: str
    text: str
    todo: str = ""


def examine(settings: Settings, now: datetime) -> Iterator[Line]:
    """Everything, one after the other; a look that itself breaks is a failure of its own.

    Args:
        now: the present time (aware).
    """
    looks: tuple[Callable[[], Iterator[Line]], ...] = (
        _python,
        lambda: _packages(settings),
        _machine,
        lambda: _home(settings),
        lambda: _disk(settings),
        lambda: _clock(settings, now),
        lambda: _lock(settings, now),
        lambda: _secrets(settings),
        lambda: _alerts(settings),
        lambda: _declarations(settings),
        lambda: _warehouse(settings),
        lambda: _published(settings),
        lambda: _leftovers(settings),
    )
    for look in looks:
        try:
            yield from look()
        except CxError as error:
            yield Line(FAIL, "found", str(error), "as it says")
        except OSError as error:
            yield Line(FAIL, "found", f"{error.strerror}: {error.filename}", "correct its rights")


def _python() -> Iterator[Line]:
    found = platform.python_version()
    if found.startswith(f"{PYTHON}."):
        yield Line(OK, "python", found)
    else:
        todo = f"set up again with Python {PYTHON}: make setup"
        yield Line(FAIL, "python", f"expected {PYTHON}, found {found}", todo)


def _packages(settings: Settings) -> Iterator[Line]:
    path = settings.project_dir / "requirements.lock"
    try:
        locked = dict(LOCKED.findall(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        yield Line(WARN, "packages", f"no {path} to compare with", "work in a checkout")
        return
    missing, others = [], []
    for name, wanted in locked.items():
        try:
            if version(name) != wanted:
                others.append(f"{name} {version(name)} instead of {wanted}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Line(FAIL, "packages", f"missing {_some(missing)}", "make setup")
    if others:
        yield Line(WARN, "packages", f"not as locked: {_some(others)}", "make setup")
    if not missing and not others:
        yield Line(OK, "packages", f"{len(locked)} as locked")


def _machine() -> Iterator[Line]:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # A container may be allowed less than the machine has.
    limit = Path("/sys/fs/cgroup/memory.max")
    allowed = limit.read_text().strip() if limit.is_file() else "max"
    memory = min(memory, int(allowed)) if allowed.isdigit() else memory
    text = f"{cores} cores, {memory / GIB:.1f} GiB of memory"
    if memory < LEAST_MEMORY:
        yield Line(WARN, "machine", text, f"give it {LEAST_MEMORY // GIB} GiB or more")
    else:
        yield Line(OK, "machine", text)


def _home(settings: Settings) -> Iterator[Line]:
    home = settings.home
    try:
        with tempfile.NamedTemporaryFile(dir=home, prefix=".doctor-"):
            pass
    except OSError as error:
        todo = "correct its owner or its rights, or set CX_HOME to another folder"
        yield Line(FAIL, "home", f"{home} cannot be written ({error.strerror})", todo)
        return
    kind = _file_system(home)
    if kind in FAR:
        todo = "set CX_HOME to a folder of a local disk: locks and DuckDB need one"
        yield Line(FAIL, "home", f"{home} is on {kind}", todo)
    else:
        yield Line(OK, "home", f"{home} can be written, on {kind or 'an unknown file system'}")


def _file_system(path: Path) -> str | None:
    """The kind of the file system that a path is on; None where nobody says."""
    mounts = Path("/proc/mounts")
    if not mounts.is_file():
        return None
    best, kind = "", None
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, place, found, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        if path.is_relative_to(place) and len(place) >= len(best):
            best, kind = place, found
    return kind


def _disk(settings: Settings) -> Iterator[Line]:
    known: set[tuple[int, int]] = set()
    sizes = {name: _bytes_below(settings.home / name, known) for name in PARTS}
    text = ", ".join(f"{name} {_size(size)}" for name, size in sizes.items() if size)
    yield Line(OK, "used", text or "nothing yet")
    free = shutil.disk_usage(settings.home).free
    needed = max(LEAST_FREE, ROOM * (sizes["warehouse"] + sizes["published"]))
    if free < LEAST_FREE:
        todo = "free space; CX_KEEP_VERSIONS, CX_KEEP_LOG_DAYS keep less"
        yield Line(FAIL, "free", f"{_size(free)}, a run needs {_size(needed)}", todo)
    elif free < needed:
        todo = "free space before the next rebuild"
        yield Line(WARN, "free", f"{_size(free)}, a rebuild may need {_size(needed)}", todo)
    else:
        yield Line(OK, "free", _size(free))


def _bytes_below(folder: Path, known: set[tuple[int, int]]) -> int:
    """Bytes on disk; a file with several names counts where it is met first."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                facts = os.lstat(f"{parent}/{name}")
            except FileNotFoundError:
                continue
            if facts.st_nlink > 1:
                key = (facts.st_dev, facts.st_ino)
                if key in known:
                    continue
                known.add(key)
            total += facts.st_blocks * 512
    return total


def _clock(settings: Settings, now: datetime) -> Iterator[Line]:
    from orchestration.state import load_runs

    records = load_runs(settings, 1)
    newest = max([OLDEST_CLOCK, *(record.started_at for record in records)])
    if now < newest - timedelta(minutes=5):
        told = f"{now:%Y-%m-%d %H:%M} UTC is before {newest:%Y-%m-%d %H:%M}, when a run was"
        yield Line(FAIL, "clock", told, "set the clock of this machine")
    else:
        yield Line(OK, "clock", f"{now:%Y-%m-%d %H:%M} UTC")
    project = settings.project_dir / "dbt_project.yml"
    found = ZONE.search(project.read_text(encoding="utf-8"))
    zone = found[1] if found else "UTC"
    try:
        yield Line(OK, "zone", f"{zone}, where it is {now.astimezone(ZoneInfo(zone)):%H:%M}")
    except (ZoneInfoNotFoundError, ValueError):
        todo = f"correct reporting_zone in {project}, or install the package tzdata"
        yield Line(FAIL, "zone", f"no time zone {zone!r} on this machine", todo)


def _lock(settings: Settings, now: datetime) -> Iterator[Line]:
    from orchestration.state import lock_holder

    holder = lock_holder(settings)
    if holder is None:
        yield Line(OK, "lock", "free")
        return
    told = f"held by {holder.purpose} {holder.run_id} (process {holder.pid}) since {holder.since}"
    hours = timedelta(hours=settings.alarm_hours)
    if holder.since and now - datetime.fromisoformat(holder.since) > hours:
        yield Line(WARN, "lock", told, f"if it does nothing any more: kill {holder.pid}")
    else:
        yield Line(OK, "lock", told)


def _secrets(settings: Settings) -> Iterator[Line]:
    path = settings.hash_key_file
    if settings.hash_key is not None:
        yield Line(OK, "hash key", "from CX_HASH_KEY")
    elif not path.exists():
        if any(settings.lake.glob("[!.]*/*/load_date=*")):
            todo = (
                "restore it from a copy; without one the next run makes a new key and builds all "
                "anew, and hashed ids are others than before"
            )
            yield Line(FAIL, "hash key", f"{path} is lost", todo)
        else:
            yield Line(OK, "hash key", "is made by the first run")
    elif path.stat().st_mode & 0o077 or path.parent.stat().st_mode & 0o077:
        todo = f"chmod 700 {path.parent} && chmod 600 {path}"
        yield Line(FAIL, "hash key", f"others than its owner can read {path}", todo)
    else:
        yield Line(OK, "hash key", "readable by its owner alone")


def _alerts(settings: Settings) -> Iterator[Line]:
    ways = [settings.webhook_url and "CX_WEBHOOK_URL", settings.smtp_url and "CX_ALERT_EMAIL"]
    told = [way for way in ways if way]
    if told:
        yield Line(OK, "alerts", f"go to {' and '.join(told)}")
    else:
        todo = "set CX_WEBHOOK_URL, or CX_SMTP_URL and CX_ALERT_EMAIL"
        yield Line(WARN, "alerts", "nobody is told of a failed run", todo)


def _declarations(settings: Settings) -> Iterator[Line]:
    from orchestration.declarations import check_sources

    problems = check_sources(settings.project_dir)
    if problems:
        told = f"{len(problems)} problems, first: {problems[0]}"
        yield Line(FAIL, "declarations", told, "cx source check")
    else:
        yield Line(OK, "declarations", "without a problem")


def _warehouse(settings: Settings) -> Iterator[Line]:
    import duckdb

    from orchestration.state import lock_holder

    if not settings.warehouse.is_file():
        if any(settings.lake.glob("[!.]*/*/load_date=*")):
            yield Line(WARN, "warehouse", "is not there", "cx rebuild, or the next run makes it")
        else:
            yield Line(OK, "warehouse", "is made by the first run")
        return
    if lock_holder(settings) is not None:
        yield Line(OK, "warehouse", "not looked into while a run goes on")
        return
    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
            [(count,)] = connection.execute("select count(*) from duckdb_tables()").fetchall()
    except duckdb.Error as error:
        told = f"cannot be read: {str(error).splitlines()[0]}"
        yield Line(FAIL, "warehouse", told, "cx rebuild, which makes it again from the lake")
        return
    yield Line(OK, "warehouse", f"{count} tables")


def _published(settings: Settings) -> Iterator[Line]:
    import duckdb

    from orchestration.publish.verify import check_header
    from orchestration.publish.versions import DATABASE, list_versions, refuse_wal

    versions = list_versions(settings)
    current = next((each for each in versions if each.is_current), None)
    if current is None:
        if versions:
            todo = f"cx rollback {versions[0].name}"
            yield Line(FAIL, "published", "no version is current", todo)
        else:
            yield Line(OK, "published", "nothing yet")
        return
    database = current.path / DATABASE
    todo = "cx rebuild publishes anew; until then cx rollback shows the version before"
    try:
        check_header(database)
        refuse_wal(database)
        refuse_wal(settings.published / DATABASE)
        differing = _differing(database, current.row_counts)
    except (CxError, OSError, duckdb.Error) as error:
        told = f"{current.name} cannot be read: {str(error).splitlines()[0]}"
        yield Line(FAIL, "published", told, todo)
        return
    if differing:
        told = f"{current.name} has other rows than when it was published: {_some(differing)}"
        yield Line(FAIL, "published", told, todo)
    else:
        told = f"{current.name} reads back, {len(current.row_counts)} tables"
        yield Line(OK, "published", f"{told}; {len(versions)} versions")


def _differing(database: Path, expected: Mapping[str, int]) -> list[str]:
    """The tables whose number of rows is not that of the manifest."""
    import duckdb

    from orchestration.publish.sql import identifier, statement

    with duckdb.connect(str(database), read_only=True) as connection:
        found = {
            label: connection.execute(
                statement("select count(*) from {table}", table=identifier(*label.split(".")))
            ).fetchall()[0][0]
            for label in expected
        }
    return [label for label, rows in expected.items() if found[label] != rows]


def _leftovers(settings: Settings) -> Iterator[Line]:
    from orchestration.publish.versions import MANIFEST, versions_folder
    from orchestration.state import lock_holder

    if lock_holder(settings) is not None:
        return
    left = [*(settings.lake / ".tmp").glob("*"), *settings.published.glob(".link-*")]
    left += settings.state.rglob(".*.tmp")
    left += [path for path in versions_folder(settings).glob("*") if not (path / MANIFEST).exists()]
    names = [str(path.relative_to(settings.home)) for path in left]
    if names:
        yield Line(WARN, "leftovers", f"of killed runs: {_some(names)}", "the next run clears them")
    else:
        yield Line(OK, "leftovers", "none")


def _some(names: list[str]) -> str:
    more = f", … ({len(names)})" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _size(size: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
