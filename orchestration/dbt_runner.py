"""Runs dbt inside this process: parses once, builds what it is told, says what came of it.

The only module that changes the environment, for as long as dbt runs: profiles.yml and the macros
learn from `CX_HOME` where the warehouse is. Nothing of dbt reaches the console; its log is
`<home>/logs/dbt.log`. Never imports dagster.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.errors import CxError, DataError, UsageError
from orchestration.publish.origin import published_batch
from orchestration.secrets_file import hash_key
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

LOG = logging.getLogger("cx")
PROJECT_FILES = ("dbt_project.yml", "profiles.yml")
TEXTS = (".csv", ".md", ".py", ".sql", ".yml")
PROJECT_FOLDERS = ("models", "macros", "seeds", "tests/dbt")
MACRO_CHAIN = re.compile(r" > (?:in macro|called by) | compiled code at ")
PREFIX = re.compile(r"^\w+ Error in \w+ \S+ \([^)]*\) ")
RULES = re.compile(r"(?:\| )?(?:-{3,} \| )+-{3,} \| ")
SUCCEEDED = ("success", "pass", "warn", "no-op")
AS_OF = re.compile(r"^ *as_of:.*$", re.MULTILINE)
QUIET = (
    "--quiet",
    "--no-print",
    "--no-use-colors",
    "--log-level=none",
    "--log-level-file=info",
    "--no-version-check",
    "--no-send-anonymous-usage-stats",
)


@dataclass(frozen=True)
class NodeOutcome:
    """What became of one dbt node.

    Attributes:
        unique_id: dbt's id: `model.cx.fct_contacts`, `test.cx.not_null_…`.
        kind: model, seed, snapshot or test.
        status: dbt's word: success, error, skipped, pass, warn, fail, …
        seconds: time that it took.
        failures: rows that a test returned; None for the others.
        message: dbt's message on one line; empty when there is none.
        path: file of the node, relative to the project.
    """

    unique_id: str
    name: str
    kind: str
    status: str
    seconds: float
    failures: int | None
    message: str
    path: str

    @property
    def is_success(self) -> bool:
        """Whether the work after it may go on: a test that only warns counts."""
        return self.status in SUCCEEDED

    @property
    def is_skipped(self) -> bool:
        return self.status == "skipped"


class DbtRunner:
    """dbt for one home; keeps the parsed project from one call to the next.

    Not for use by two threads: dbt itself is not.

    Args:
        few_days: the run is about a few load dates, and takes the memory that profiles.yml gives
            such a run.
    """

    def __init__(self, settings: Settings, *, few_days: bool = False) -> None:
        self._settings = settings
        self._few_days = few_days
        self._manifest: Manifest | None = None

    def parse(self, *, write: bool = False) -> None:
        """Read the dbt project, once; `build` does it too when nobody did.

        Args:
            write: leave `<home>/target/manifest.json` too, which takes longer than reading.

        Raises:
            UsageError: the project cannot be parsed, with dbt's own words.
            OSError: the disk refuses.
        """
        if self._manifest is None:
            result = self._invoke("parse", *([] if write else ["--no-write-json"]))
            if isinstance(result.exception, OSError):
                raise result.exception
            if not result.success:
                _refuse_undecodable(self._settings)
                raise UsageError(
                    f"Expected dbt to parse the project in {self._settings.project_dir}, found: "
                    f"{_one_line(result.exception)} — correct the file that it names."
                )
            self._manifest = result.result  # type: ignore[assignment]

    def build(
        self, names: Sequence[str], on_outcome: Callable[[NodeOutcome], None] | None = None
    ) -> list[NodeOutcome]:
        """Build the seeds, models and data tests of these names, each after what it depends on.

        Connections to the warehouse are closed again on the way out, so that others can open it.

        Args:
            names: dbt names; nothing else is built, and no test that is not named is run.
            on_outcome: called with each model and seed as soon as it is done.

        Raises:
            DataError: the warehouse cannot be opened, or dbt broke off before it could build.
            KeyboardInterrupt: somebody stopped it; what dbt had begun is rolled back.
        """
        self.parse()
        made_of = self._made_of(names)
        settled = self._settled(made_of)
        names = [name for name in names if name not in {outcome.name for outcome in settled}]
        if not names:
            return settled
        self._settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
        result = self._invoke(
            "build",
            "--no-write-json",
            "--indirect-selection=empty",
            "--exclude-resource-type=unit_test",
            "--select",
            *names,
            callbacks=[_reporter(on_outcome)] if on_outcome else [],
        )
        if isinstance(result.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        if result.exception is not None:
            raise DataError(
                f"Expected dbt to build {len(names)} nodes, found: {_one_line(result.exception)} — "
                f"see {self._settings.home / 'logs' / 'dbt.log'}."
            )
        outcomes = [_outcome(node) for node in result.result.results]  # type: ignore[union-attr]
        self._settle(outcomes, made_of)
        return [*settled, *outcomes]

    def _settled(self, made_of: Mapping[str, str]) -> list[NodeOutcome]:
        """The nodes that a build would leave as they are; the others are forgotten until built.

        A table is a pure function of the project and of what was delivered, so it is not made
        again, and no test of it run again, while both are what they were: to find out that nothing
        has to be done takes dbt as long as the work of a small day.
        """
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        if not self._settings.warehouse.is_file():
            return []
        # A build that broke off inside this process may have left dbt's own connection open.
        DuckDBConnectionManager.close_all_connections()
        with self._open_warehouse() as connection:
            try:
                known = dict(connection.execute("FROM intermediate.settled_nodes").fetchall())
            except duckdb.CatalogException:
                return []
            there = set(
                connection.execute(
                    "SELECT table_schema, table_name FROM information_schema.tables"
                ).fetchall()
            )
            settled = [
                node
                for unique_id, digest in made_of.items()
                if known.get(unique_id) == digest
                for node in [self._nodes[unique_id]]
                if node.resource_type == "test" or (node.schema, node.alias) in there
            ]
            # A build that is killed half-way must not leave a word about what it touched.
            _forget(connection, made_of.keys() - {node.unique_id for node in settled})
        return [
            NodeOutcome(
                unique_id=node.unique_id,
                name=node.name,
                kind=str(node.resource_type),
                status="pass" if node.resource_type == "test" else "success",
                seconds=0.0,
                failures=0 if node.resource_type == "test" else None,
                message="",
                path=node.original_file_path,
            )
            for node in settled
        ]

    def _settle(self, outcomes: Sequence[NodeOutcome], made_of: Mapping[str, str]) -> None:
        """Write down what was made, and of what; a test that warns is run again."""
        rows = [
            (outcome.unique_id, made_of[outcome.unique_id])
            for outcome in outcomes
            if outcome.unique_id in made_of and outcome.status in ("success", "pass")
        ]
        if not rows:
            return
        with self._open_warehouse() as connection:
            connection.begin()
            _forget(connection, [unique_id for unique_id, _ in rows])
            connection.executemany("INSERT INTO intermediate.settled_nodes VALUES (?, ?)", rows)
            connection.commit()

    def _open_warehouse(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self._settings.warehouse))
        except duckdb.Error as error:
            raise DataError(
                f"Expected to open {self._settings.warehouse} for writing, found: "
                f"{str(error).splitlines()[0].partition('. ')[0]} — close whatever else has it "
                "open (what is published can be read at any time); if it is damaged delete it, "
                "and the next run makes it again from the lake."
            ) from error

    @property
    def _nodes(self) -> Mapping[str, Any]:
        return self._manifest.nodes if self._manifest else {}

    def _made_of(self, names: Sequence[str]) -> dict[str, str]:
        """A digest, by unique id, of all that decides what these nodes are.

        Views and seeds follow the project alone; tables, and tests, what was delivered of the
        source tables that reach them too.
        """
        project = _fixed_signature(self._settings)
        reached: dict[str, frozenset[str]] = {}

        def sources_of(unique_id: str) -> frozenset[str]:
            if unique_id not in reached:
                node = self._nodes.get(unique_id)
                parents = node.depends_on_nodes if node is not None else ()
                found = frozenset().union(*map(sources_of, parents))
                reached[unique_id] = found if node is not None else frozenset([unique_id])
            return reached[unique_id]

        delivered: dict[str, bytes] = {}

        def delivered_of(unique_id: str) -> bytes:
            if unique_id not in delivered:
                source = self._manifest.sources[unique_id]  # type: ignore[union-attr]
                folder = self._settings.lake / source.source_name / source.name
                digest = sha256()
                for path in sorted(folder.glob("load_date=*/delivery.json")):
                    digest.update(path.parent.name.encode() + b"\0" + path.read_bytes() + b"\0")
                delivered[unique_id] = digest.digest()
            return delivered[unique_id]

        wanted = set(names)
        digests = {}
        for unique_id, node in self._nodes.items():
            if node.name not in wanted or node.resource_type == "unit_test":
                continue
            digest = sha256(project.encode())
            is_fixed = node.resource_type == "seed" or (
                node.resource_type == "model" and node.config.materialized == "view"
            )
            for source in [] if is_fixed else sorted(sources_of(unique_id)):
                digest.update(delivered_of(source))
            digests[unique_id] = digest.hexdigest()[:16]
        return digests

    def _invoke(
        self, command: str, *arguments: str, callbacks: Sequence[Callable[[Any], None]] = ()
    ) -> dbtRunnerResult:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        settings = self._settings
        runner = dbtRunner(manifest=self._manifest, callbacks=list(callbacks))
        with (
            _environment(
                CX_HOME=str(settings.home),
                DBT_PROJECT_SIGNATURE=project_signature(settings),
                DBT_PUBLISHED_BATCH=str(published_batch(settings) or ""),
                DBT_FEW_DAYS="yes" if self._few_days else "",
            ),
            _told_of_signals(),
        ):
            try:
                return runner.invoke(
                    [
                        *QUIET,
                        f"--log-path={settings.home / 'logs'}",
                        command,
                        f"--project-dir={settings.project_dir}",
                        f"--profiles-dir={settings.project_dir}",
                        f"--target-path={settings.home / 'target'}",
                        *arguments,
                    ]
                )
            finally:
                # Whoever opens the file with other options is refused while dbt still has it.
                DuckDBConnectionManager.close_all_connections()


def load_manifest(settings: Settings) -> dict[str, Any]:
    """The parsed dbt project as dbt writes it to manifest.json.

    Kept under the home and read from there until a file of the project changes: parsing takes
    seconds, and the web server loads the definitions at every start.

    Raises:
        UsageError: the project cannot be parsed.
    """
    folder = settings.home / "target" / "manifests"
    path = folder / f"{_signature(settings)}.json"
    if not path.is_file():
        DbtRunner(settings).parse(write=True)
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{path.name}.{os.getpid()}"
        shutil.copyfile(settings.home / "target" / "manifest.json", aside)
        for stale in folder.glob("*.json"):
            stale.unlink(missing_ok=True)
        aside.replace(path)
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def project_signature(settings: Settings) -> str:
    """Changes with whatever makes tables differ on the same lake: SQL, seeds, vars, engine, key.

    Not with `as_of`, which the increments follow.
    """
    project = settings.project_dir
    digest = sha256()
    for name in (version("duckdb"), version("dbt-core"), hash_key(settings)):
        digest.update(name.encode() + b"\0")
    config = AS_OF.sub("", (project / "dbt_project.yml").read_text(encoding="utf-8"))
    digest.update(config.encode())
    for folder in ("models", "macros", "seeds"):
        for path in sorted((project / folder).rglob("*")):
            if path.suffix in (".sql", ".py", ".yml", ".csv"):
                digest.update(str(path.relative_to(project)).encode() + b"\0")
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _fixed_signature(settings: Settings) -> str:
    """As `project_signature`, with `as_of`, the home, and the types that delivered Parquet has."""
    digest = sha256(project_signature(settings).encode())
    digest.update(str(settings.home).encode())
    digest.update((settings.project_dir / "dbt_project.yml").read_bytes())
    for path in sorted((settings.project_dir / "tests" / "dbt").rglob("*.sql")):
        digest.update(path.read_bytes())
    for path in sorted(settings.lake.glob("[!.]*/[!.]*/native-types.json")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _forget(connection: duckdb.DuckDBPyConnection, unique_ids: Collection[str]) -> None:
    connection.execute(
        "DELETE FROM intermediate.settled_nodes WHERE list_contains(?, unique_id)",
        [list(unique_ids)],
    )


def failure_of(outcomes: Sequence[NodeOutcome]) -> CxError | None:
    """One sentence for what failed, or None: the first failed node, and how many more there are."""
    failed = [o for o in outcomes if not o.is_success and not o.is_skipped]
    if not failed:
        return None
    first = min(failed, key=lambda o: (o.kind == "test", o.unique_id))
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    if first.kind == "test":
        return DataError(
            f"Expected the dbt test {first.name} to find no rows, found {first.failures or 0}"
            f"{more}: {first.message.rstrip('.')} — see {first.path}."
            if first.status == "fail"
            else f"Expected the dbt test {first.name} to run, found: {first.message.rstrip('.')}"
            f"{more} — see {first.path}."
        )
    return DataError(
        f"Expected the {first.kind} {first.name} to build, found: {first.message.rstrip('.')}"
        f"{more} — see {first.path}."
    )


def _refuse_undecodable(settings: Settings) -> None:
    """Name the file that is not UTF-8, as dbt does not: a seed saved by a spreadsheet, mostly.

    Raises:
        UsageError: there is one.
    """
    texts = (path for path in _project_files(settings) if path.suffix in TEXTS)
    for path in texts:
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(
                f"Expected UTF-8 in {path}, found the byte 0x{error.object[error.start]:02x} at "
                f"position {error.start + 1}: save it as UTF-8 again."
            ) from None


def _project_files(settings: Settings) -> list[Path]:
    project = settings.project_dir
    files = [project / name for name in PROJECT_FILES]
    for folder in PROJECT_FOLDERS:
        files += (path for path in (project / folder).rglob("*") if path.is_file())
    return sorted(files)


def _signature(settings: Settings) -> str:
    """Changes with any file of the dbt project, by path, size and time of change."""
    project = settings.project_dir
    lines = [version("dbt-core"), version("dbt-duckdb")]
    for path in _project_files(settings):
        facts = path.stat()
        lines.append(f"{path.relative_to(project)} {facts.st_size} {facts.st_mtime_ns}")
    return sha256("\n".join(lines).encode()).hexdigest()[:16]


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _told_of_signals() -> Iterator[None]:
    """Let dbt hear of a signal as it expects to: of no other exception it stops its queries.

    It stops them once and then waits for their threads. One that was about to ask would go on, so
    they are stopped again until dbt is back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    is_back = threading.Event()

    def interrupt(_number: int, _frame: object) -> None:
        threading.Thread(target=_stop_queries, args=(is_back,), daemon=True).start()
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        is_back.set()
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_queries(is_back: threading.Event) -> None:
    from dbt.adapters.factory import get_adapter_by_type

    while not is_back.wait(0.2):
        try:
            get_adapter_by_type("duckdb").cancel_open_connections()
        except Exception:
            # A connection that opens or closes at this moment may raise anything: who gave up here
            # would leave dbt waiting for a query that nobody stops. The next round meets it again.
            LOG.warning("a query could not be stopped yet", exc_info=True)


def _outcome(result: NodeResult) -> NodeOutcome:
    node = result.node
    return NodeOutcome(
        unique_id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        failures=result.failures,
        message=_one_line(result.message),
        path=node.original_file_path,
    )


def _reporter(on_outcome: Callable[[NodeOutcome], None]) -> Callable[[Any], None]:
    """Turns dbt's event of a finished node into a `NodeOutcome`."""

    def report(event: Any) -> None:
        if event.info.name != "NodeFinished":
            return
        node, result = event.data.node_info, event.data.run_result
        on_outcome(
            NodeOutcome(
                unique_id=node.unique_id,
                name=node.node_name,
                kind=node.resource_type,
                status=result.status,
                seconds=result.execution_time,
                failures=result.num_failures if node.resource_type == "test" else None,
                message=_one_line(result.message),
                path=node.node_path,
            )
        )

    return report


def _one_line(message: object) -> str:
    """What dbt says, without the model that we name ourselves and the macros on the way."""
    text = " ".join(str(message or "").split())
    text = MACRO_CHAIN.split(text, maxsplit=1)[0]
    return RULES.sub("", PREFIX.sub("", text)).strip()
