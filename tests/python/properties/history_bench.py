"""Plays a history against the real ingest and the real dbt project, and compares with a rebuild.

The project is a copy with the demo's sources alone, parsed once. Everything is built once on an
empty lake and copied for every history, which builds what its deliveries reach: that was made by
another project, so that all of it is new. A table that is built in full in every build forgets what
was before, so that those that nothing kept reads are built at the end alone.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml
from history_shapes import AsOf, Build, Deliver, History, files_of
from history_tables import SOURCES, demo_tables

from orchestration.dbt_runner import DbtRunner, NodeOutcome, failure_of
from orchestration.errors import DataError
from orchestration.ingest import ingest_partition, write_schema_file
from orchestration.settings import PROJECT_DIR, Settings

PROMISED = ("core", "marts")
# What a build goes on from.
KEPT = ("versioned", "by_day", "compared", "incremental")
# Short enough for the window of the histories, so that inputs get too old within it; and the days
# of two numbers of reportable rows come about with a handful of rows.
VARIABLES = {"health_lookback_days": 12, "minimum_reportable_n": 2}
SHOWN_ROWS = 4
# What macros look up by name when a change is followed.
LOOKED_UP = ("int_members_seen", "int_source_horizons")


@dataclass(frozen=True)
class Difference:
    """What a table of the promised schemas has in one warehouse only.

    Attributes:
        table: `<schema>.<table>`, or the model that could not be built.
        lines: the rows and columns in words.
    """

    table: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.table, *(f"  {line}" for line in self.lines)])


@dataclass
class Played:
    """What came of a history."""

    differences: list[Difference] = field(default_factory=list)
    deliveries: int = 0
    builds: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(difference.table for difference in self.differences)


class Died(RuntimeError):
    """Stands for a process that was killed: no statement runs any more."""


class Bench:
    """One home and one parsed project for all histories of a session."""

    def __init__(self, folder: Path, project: Path = PROJECT_DIR) -> None:
        reduced = folder / "project"
        _reduce(project, reduced)
        self._template = (reduced / "dbt_project.yml").read_text(encoding="utf-8")
        self.settings = Settings(home=folder / "home", project_dir=reduced)
        self._tables = {name: table.declared for name, table in demo_tables(reduced).items()}
        for table in self._tables.values():
            write_schema_file(self.settings, table)
        # Before dbt parses: what the config of a model takes from a variable is fixed from then on.
        self._set_variables({})
        self._runner = DbtRunner(self.settings)
        self._runner.parse(write=True)
        manifest = json.loads((self.settings.home / "target" / "manifest.json").read_text("utf-8"))
        self._children: dict[str, list[str]] = manifest["child_map"]
        self._parents: dict[str, list[str]] = manifest["parent_map"]
        nodes = {
            unique_id: node
            for unique_id, node in manifest["nodes"].items()
            if node["resource_type"] in ("model", "seed")
        }
        self._names = {unique_id: node["name"] for unique_id, node in nodes.items()}
        fed = {unique_id for unique_id in nodes if self._is_fed(unique_id)}
        fed -= {unique_id for unique_id in fed if nodes[unique_id]["schema"] == "staging"}
        self._outputs = {
            f"{nodes[unique_id]['schema']}.{nodes[unique_id]['name']}": unique_id
            for unique_id in nodes
        }
        self.promised = tuple(
            sorted(
                table
                for table, unique_id in self._outputs.items()
                if unique_id in fed and table.partition(".")[0] in PROMISED
            )
        )
        self.models = tuple(sorted(self._names[unique_id] for unique_id in fed))
        kept = {i for i in fed if nodes[i]["config"]["materialized"] in KEPT}
        needed = self._closure(kept, self._parents)
        self.kept_models = tuple(sorted(self._names[i] for i in fed & needed))
        self._set_variables({"project_of": "the start"})
        self._build(list(self._names.values()))
        self._start = folder / "start"
        shutil.copytree(self._warehouse, self._start)

    @property
    def _warehouse(self) -> Path:
        return self.settings.warehouse.parent

    def play(self, history: History, tables: Collection[str] | None = None) -> Played:
        """Play the steps, build to the end, and compare with a rebuild of the same lake.

        Args:
            tables: only these tables are built and compared; None for all.
        """
        models = self._needed_by(self._outputs if tables is None else tables, history)
        going_on = [name for name in models if name in self.kept_models]
        played = Played()
        variables: dict[str, Any] = {"reporting_zone": history.zone}
        self._empty()
        with duckdb.connect() as both:
            try:
                going = {
                    "chunk_rows": history.chunk_rows,
                    "most_table_rows": history.most_table_rows,
                    "most_late_contacts": history.most_late_contacts,
                }
                self._set_variables(variables | going)
                for step in history.steps:
                    if isinstance(step, Deliver):
                        played.deliveries += 1
                        self._deliver(step, f"delivery_{played.deliveries}")
                    elif isinstance(step, AsOf):
                        variables["as_of"] = step.day
                        self._set_variables(variables | going)
                    else:
                        played.builds += 1
                        self._build(self._reached(step, going_on), step)
                played.builds += 2
                self._build(models)
                self._copy_into(both, "increments")
                self._fresh_warehouse()
                anew = {
                    "chunk_rows": history.rebuild_chunk_rows,
                    "most_table_rows": history.rebuild_most_table_rows,
                }
                self._set_variables(variables | anew)
                self._build(models)
                played.rows = self._copy_into(both, "rebuild")
            except CannotBuild as error:
                played.differences = [Difference(error.model, (str(error),))]
                return played
            played.differences = compare(both, tables)
        return played

    def _is_fed(self, unique_id: str) -> bool:
        """Whether a delivery can reach this node."""
        return unique_id.startswith("source.") or any(
            self._is_fed(parent) for parent in self._parents.get(unique_id, [])
        )

    def _closure(self, unique_ids: Collection[str], edges: dict[str, list[str]]) -> set[str]:
        found: set[str] = set()
        waiting = list(unique_ids)
        while waiting:
            unique_id = waiting.pop()
            if unique_id not in found:
                found.add(unique_id)
                waiting += edges.get(unique_id, [])
        return found

    def _needed_by(self, tables: Collection[str], history: History) -> tuple[str, ...]:
        """What a delivery of the history reaches of these tables and all that they read."""
        wanted = [self._outputs[table] for table in tables if table in self._outputs]
        wanted += [i for i, name in self._names.items() if name in LOOKED_UP]
        delivered = {step.table for step in history.steps if isinstance(step, Deliver)}
        sources = [
            i for i in self._children if i.startswith("source.") and i.split(".")[-1] in delivered
        ]
        needed = self._closure(wanted, self._parents) & self._closure(sources, self._children)
        names = {self._names.get(unique_id) for unique_id in needed}
        return tuple(name for name in self.models if name in names)

    def _reached(self, build: Build, models: Sequence[str]) -> list[str]:
        missed = [i for i, name in self._names.items() if name in build.without]
        left_out = {self._names.get(i) for i in self._closure(missed, self._children)}
        return [name for name in models if name not in left_out]

    def _empty(self) -> None:
        """Forget the history before: lake and warehouse."""
        for table in self._tables.values():
            for partition in (self.settings.lake / table.source / table.name).glob("load_date=*"):
                shutil.rmtree(partition)
        shutil.rmtree(self.settings.inbox, ignore_errors=True)
        self._fresh_warehouse()

    def _fresh_warehouse(self) -> None:
        shutil.rmtree(self._warehouse)
        shutil.copytree(self._start, self._warehouse)

    def _set_variables(self, variables: Mapping[str, Any]) -> None:
        """Write the project file anew, as a person does; models read it when they are built.

        Args:
            variables: those of which the value is None, except `as_of`, stay as the project's.
        """
        project = yaml.safe_load(self._template)
        project["vars"] |= VARIABLES
        for name, value in variables.items():
            if value is not None or name == "as_of":
                project["vars"][name] = value
        path = self.settings.project_dir / "dbt_project.yml"
        path.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")

    def _deliver(self, step: Deliver, run_id: str) -> None:
        table = self._tables[step.table]
        folder = self.settings.inbox / table.source
        for name, content in files_of(table, step.load_date, step.rows).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        delivery = ingest_partition(
            self.settings, table, date.fromisoformat(step.load_date), run_id
        )
        # A row that cannot be read would be one that no model ever sees.
        assert delivery.rows_in_lake == len(step.rows), delivery
        shutil.rmtree(folder)

    def _build(self, names: Sequence[str], build: Build | None = None) -> None:
        """Build these models.

        Raises:
            CannotBuild: a model failed that was not to die.
        """
        build = build or Build()
        outcomes: list[NodeOutcome] = []
        with _dying(build) as death:
            try:
                outcomes = self._runner.build(names)
            except DataError as error:
                if not death.came:
                    raise CannotBuild("dbt", str(error)) from error
        if death.came:
            # What the errors still hold: a process that is gone holds no connection.
            gc.collect()
        failure = failure_of(outcomes)
        if failure is not None and not death.came:
            failed = [o.name for o in outcomes if not o.is_success and not o.is_skipped]
            raise CannotBuild(failed[0], str(failure))

    def _copy_into(self, both: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
        """Copy the promised tables, so that their warehouse can make room for the other."""
        both.execute(f"attach '{self.settings.warehouse}' as warehouse (read_only)")
        both.execute(f"create schema {schema}")
        found = both.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'warehouse' and list_contains(?, table_schema) order by all",
            [list(PROMISED)],
        ).fetchall()
        rows = {}
        for place, name in found:
            target = f'{schema}."{place}.{name}"'
            both.execute(f'create table {target} as from warehouse."{place}"."{name}"')
            (rows[f"{place}.{name}"],) = both.execute(f"select count(*) from {target}").fetchone()
        both.execute("detach warehouse")
        return rows


class CannotBuild(Exception):
    """A model failed that should not have."""

    def __init__(self, model: str, message: str) -> None:
        super().__init__(message)
        self.model = model


@dataclass
class Death:
    came: bool = False
    statements: int = 0


@contextmanager
def _dying(build: Build) -> Iterator[Death]:
    """Let the process die inside of a model: nothing that follows reaches the warehouse."""
    death = Death()
    if build.dies_in is None:
        yield death
        return
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
    from dbt_common.events.contextvars import get_node_info

    execute = DuckDBCursorWrapper.execute

    def mortal(self: DuckDBCursorWrapper, sql: str, bindings: Any = None) -> Any:
        if get_node_info().get("node_name") == build.dies_in:
            death.came = death.came or death.statements == build.after
            death.statements += 1
        if death.came:
            raise Died("killed here")
        return execute(self, sql, bindings)

    DuckDBCursorWrapper.execute = mortal
    try:
        yield death
    finally:
        DuckDBCursorWrapper.execute = execute


def compare(
    both: duckdb.DuckDBPyConnection, tables: Collection[str] | None = None
) -> list[Difference]:
    """What differs between the schemas `increments` and `rebuild` of a connection.

    Tables are compared as multisets of rows, doubles by their exact value.
    """
    sides = {side: _columns(both, side) for side in ("increments", "rebuild")}
    found = []
    for table in sorted({*sides["increments"], *sides["rebuild"]}):
        if tables is not None and table not in tables:
            continue
        first, second = sides["increments"].get(table), sides["rebuild"].get(table)
        if first != second:
            found.append(Difference(table, (f"columns: {first} and {second}",)))
            continue
        added = _only_in(both, "increments", "rebuild", table)
        missing = _only_in(both, "rebuild", "increments", table)
        if added or missing:
            found.append(Difference(table, tuple(_told(added, missing))))
    return found


def _columns(both: duckdb.DuckDBPyConnection, schema: str) -> dict[str, list[tuple[str, str]]]:
    rows = both.execute(
        "select table_name, list((column_name, data_type) order by ordinal_position) "
        "from information_schema.columns where table_schema = ? group by all",
        [schema],
    ).fetchall()
    return dict(rows)


def _only_in(
    both: duckdb.DuckDBPyConnection, one: str, other: str, table: str
) -> list[dict[str, Any]]:
    result = both.execute(f'from {one}."{table}" except all from {other}."{table}" order by all')
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _told(added: list[dict[str, Any]], missing: list[dict[str, Any]]) -> Iterator[str]:
    """Rows of both sides side by side where they are nearly the same, else in full."""
    yield f"{len(added)} rows only after increments, {len(missing)} only after a rebuild"
    left = list(missing)
    for row in added[:SHOWN_ROWS]:
        twin = min(left, key=lambda other: len(_unlike(row, other)), default=None)
        if twin is not None and len(_unlike(row, twin)) <= len(row) // 2:
            left.remove(twin)
            changed = ", ".join(
                f"{name} {_short(row[name])} instead of {_short(twin[name])}"
                for name in _unlike(row, twin)
            )
            yield f"{_words(dict(list(row.items())[:2]))}: {changed}"
        else:
            yield f"only after increments: {_words(row)}"
    for row in left[:SHOWN_ROWS]:
        yield f"only after a rebuild: {_words(row)}"


def _unlike(row: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [name for name in row if row[name] != other[name]]


def _words(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in row.items() if value is not None)


def _short(value: Any) -> str:
    return repr(value) if isinstance(value, float | int | str) else str(value)


def _reduce(project: Path, target: Path) -> None:
    """The dbt project with the demo's sources alone: what the others add is time."""
    target.mkdir(parents=True)
    for name in ("macros", "seeds"):
        (target / name).symlink_to(project / name)
    shutil.copytree(project / "models", target / "models")
    for folder in (target / "models" / "staging").iterdir():
        if folder.is_dir() and not folder.name.startswith(SOURCES):
            shutil.rmtree(folder)
    # Tests are not run here, and dbt goes through all of them for every name that it builds.
    for path in (target / "models").rglob("*.yml"):
        properties = _without_tests(yaml.safe_load(path.read_text(encoding="utf-8")))
        path.write_text(yaml.safe_dump(properties, sort_keys=False), encoding="utf-8")
    content = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    entities = content["vars"]["entities"]
    for entity, models in entities.items():
        entities[entity] = [name for name in models if name.startswith(f"stg_{SOURCES}")]
    # What it enforces is seen by every other build of the project.
    content["models"]["cx"]["marts"]["+contract"] = {"enforced": False}
    (target / "dbt_project.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    profiles = yaml.safe_load((project / "profiles.yml").read_text(encoding="utf-8"))
    # One thread: the order of models is the same in every build, and small builds are no slower.
    for output in profiles["cx"]["outputs"].values():
        output["threads"] = 1
    (target / "profiles.yml").write_text(yaml.safe_dump(profiles, sort_keys=False))


def _without_tests(content: Any) -> Any:
    if isinstance(content, list):
        return [_without_tests(item) for item in content]
    if isinstance(content, dict):
        return {
            key: _without_tests(value)
            for key, value in content.items()
            if key not in ("tests", "data_tests", "unit_tests")
        }
    return content
