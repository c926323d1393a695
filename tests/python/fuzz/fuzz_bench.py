"""Delivers broken files to the real ingest and the real typing, and says what went wrong.

Whatever a file holds, it ends in one of these: rows in the lake and rows in quarantine with text
and reason; a file in quarantine with one sentence, and the run goes on or stops as its table
declares. Files are played in a process of its own with limits on memory and on time.
"""

from __future__ import annotations

import csv
import gzip
import json
import multiprocessing
import os
import re
import resource
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
from fuzz_drawn import Drawn
from fuzz_grids import Base, load_bases, put_together
from fuzz_mutations import draw
from fuzz_project import compile_staging, write_project

from orchestration.declarations import load_entities
from orchestration.declarations.file_patterns import compile_pattern
from orchestration.errors import DataError
from orchestration.ingest import (
    Delivery,
    FileDelivery,
    Quarantined,
    ingest_partition,
    list_quarantined,
    partition_folder,
    read_delivery,
)
from orchestration.ingest.reading import has_header
from orchestration.ingest.records import LINEAGE_COLUMNS
from orchestration.lake_files import set_lake_variables
from orchestration.settings import Settings

DAY = date(2024, 5, 2)
# Seconds of a core for a file; and by the clock, for what waits and does nothing.
MOST_WORK = 20
LONGEST = 600.0
MOST_ADDRESSES = 6 * 1024**3
MOST_MEMORY_MEBIBYTES = 1_000
LONGEST_SENTENCE = 4_000
CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Report:
    """What came of a file; `problems` are empty when all promises held.

    Attributes:
        end: how it ended: read, with rows in quarantine, left out (unreadable), stopped.
        seconds: of a core.
        memory: peak of the process while it was read, in MiB above before.
    """

    number: int
    base: str
    kinds: tuple[str, ...]
    file_name: str
    end: str
    seconds: float = 0.0
    memory: int = 0
    rows: int = 0
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f"{self.number} {self.base} {'+'.join(self.kinds)} {self.file_name!r}: {self.end}"
        return "\n  ".join([what, *self.problems])


@dataclass(frozen=True)
class Bench:
    """What all files are played on; made once, it can be sent to other processes.

    Attributes:
        staging: SQL of the staging models by their name.
        ids: the column that every row of an entity has, by entity.
    """

    settings: Settings
    bases: tuple[Base, ...]
    staging: dict[str, str]
    ids: dict[str, str]
    seed: int

    def draw(self, number: int) -> Drawn:
        return draw(self.seed, number, self.bases)


def make_bench(folder: Path, shared: Path | None, seed: int) -> Bench:
    settings = Settings(home=folder / "home", project_dir=folder / "project")
    settings.project_dir.mkdir(parents=True)
    write_project(settings.project_dir)
    staging = compile_staging(settings)
    bases = load_bases(settings, shared)
    shutil.rmtree(settings.inbox)
    entities = load_entities(settings.project_dir)
    ids = {name: entity.id_column.name for name, entity in entities.items()}
    return Bench(settings, tuple(bases), staging, ids, seed)


def play_all(bench: Bench, numbers: Iterable[int]) -> Iterator[Report]:
    """Play the files of these numbers one after the other; one that hangs is ended."""
    # In memory where the machine has a place for it: half of a small ingest waits for the disk.
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cx-fuzz-", dir=place) as folder:
        yield from _play_in(Path(folder), bench, numbers)


def _play_in(folder: Path, bench: Bench, numbers: Iterable[int]) -> Iterator[Report]:
    process: multiprocessing.process.BaseProcess | None = None
    try:
        for number in numbers:
            if process is None:
                ours, theirs = CONTEXT.Pipe()
                process = CONTEXT.Process(target=_player, args=(bench, folder, theirs), daemon=True)
                process.start()
                theirs.close()
                ours.recv()
            ours.send(number)
            try:
                report = ours.recv() if ours.poll(LONGEST) else None
                problem = f"it took longer than {LONGEST} s"
            except EOFError:
                report, problem = None, f"it died, or took {MOST_WORK} s of a core"
            if report is None:
                process.kill()
                process.join()
                process = None
                drawn = bench.draw(number)
                yield Report(
                    number, drawn.base.name, drawn.kinds, drawn.file_name, "lost",
                    problems=(problem,),
                )  # fmt: skip
            else:
                yield report
    finally:
        if process is not None:
            process.kill()
            process.join()


def _player(bench: Bench, folder: Path, connection: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    connection.send("ready")
    player: Player | None = None
    while True:
        try:
            number = connection.recv()
        except EOFError:
            return
        player = player or Player(bench, folder)
        until = int(time.process_time()) + MOST_WORK
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        connection.send(player.play(number))


class Player:
    """Plays files one at a time, each in a home of its own."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.folder = folder
        self.connection = duckdb.connect(config={"memory_limit": "1GB", "threads": 1})
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute("SET VARIABLE cx_hash_key = 'key'")

    def play(self, number: int) -> Report:
        drawn = self.bench.draw(number)
        trial = Trial(
            drawn, replace(self.bench.settings, home=self.folder / "home"), self.connection
        )
        shutil.rmtree(trial.settings.home, ignore_errors=True)
        before = _memory(reset=True)
        started = time.process_time()
        try:
            trial.deliver()
            trial.read()
            trial.judge()
            self._type(trial)
        except Exception:
            trial.problems.append(traceback.format_exc(limit=-4))
            trial.end = "traceback"
        seconds = time.process_time() - started
        memory = _memory() - before
        if memory > MOST_MEMORY_MEBIBYTES:
            trial.problems.append(f"it took {memory:,} MiB of memory")
        return Report(
            number=number,
            base=drawn.base.name,
            kinds=drawn.kinds,
            file_name=drawn.file_name,
            end=trial.end,
            seconds=seconds,
            memory=memory,
            rows=trial.rows,
            problems=tuple(trial.problems),
        )

    def _type(self, trial: Trial) -> None:
        """Type the rows in the lake as the staging models do: all of them get a verdict.

        Not those of native Parquet files: their SQL depends on the types in the lake.
        """
        table, delivery = trial.drawn.table, trial.delivery
        if delivery is None or any(file.native_file for file in delivery.files):
            return
        place = Path("lake", table.source, table.name)
        for path in (self.bench.settings.home / place).iterdir():
            shutil.copy(path, trial.settings.home / place)
        set_lake_variables(self.connection, trial.settings)
        part = trial.partition / "part.parquet"
        in_lake = self.connection.execute(
            "SELECT count(*) FROM read_parquet(?)", [str(part)]
        ).fetchall()[0][0]
        for entity, feed in table.feeds.items():
            query = self.bench.staging[f"stg_{table.source}__{entity}"]
            try:
                [(rows, judged, _)] = self.connection.execute(
                    f"SELECT count(*), count(*) FILTER (WHERE {self.bench.ids[entity]} IS NOT NULL "
                    f"OR _reject_reason IS NOT NULL), bit_xor(hash(staged)) "
                    f"FROM ({query}) AS staged"
                ).fetchall()
            except duckdb.Error as error:
                trial.problems.append(f"typing of {entity}: {str(error).splitlines()[0][:300]}")
                continue
            if not feed.when and rows != in_lake:
                trial.problems.append(f"{in_lake} rows in the lake, {rows} typed as {entity}")
            if rows > in_lake or judged != rows:
                trial.problems.append(f"of {rows} rows as {entity} only {judged} have a verdict")


@dataclass
class Trial:
    """One broken file on its way."""

    drawn: Drawn
    settings: Settings
    connection: duckdb.DuckDBPyConnection
    problems: list[str] = field(default_factory=list)
    end: str = ""
    rows: int = 0
    delivery: Delivery | None = None

    @property
    def partition(self) -> Path:
        table = self.drawn.table
        return partition_folder(self.settings, table.source, table.name, DAY)

    def deliver(self) -> None:
        """The broken file, under a policy of its own, at times with a good one beside it."""
        table, dice = self.drawn.table, self.drawn.dice
        self.stops = dice.random() < 0.5
        self.table = replace(
            table,
            files="{load_date}/**",
            pattern=compile_pattern("{load_date}/**"),
            on_unreadable_file="stop" if self.stops else "continue",
        )
        good = put_together(table, self.drawn.base.grid)
        self.has_good = dice.random() < 0.3
        folder = self.settings.inbox / table.source / DAY.isoformat()
        self.path = folder / self.drawn.file_name
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(self.drawn.content)
        if self.has_good:
            (folder / "a good one").write_bytes(good)

    def read(self) -> None:
        """Ingest; only a file under the policy `stop` may stop it, and with a sentence."""
        try:
            self.delivery = ingest_partition(self.settings, self.table, DAY, "run")
        except DataError as error:
            self._judge_stop(str(error))

    def judge(self) -> None:
        """Compare what came of the file with what was delivered."""
        if self.delivery is None:
            return
        if read_delivery(self.partition) != self.delivery:
            self.problems.append("the record on disk is another than the one returned")
        quarantined = list_quarantined(self.settings)
        name = f"{DAY.isoformat()}/{self.drawn.file_name}"
        found = {file.file: file for file in self.delivery.files}
        if self.has_good:
            good = found.pop(f"{DAY.isoformat()}/a good one")
            if good.status != "read" or good.rows_quarantined:
                self.problems.append(f"the good file beside it: {good.reason}")
        if set(found) != {name}:
            self.problems.append(f"delivered {name!r}, recorded {sorted(found)}")
            return
        file = found[name]
        rows = [item for item in quarantined if item.file == name and item.row_number is not None]
        files = [item for item in quarantined if item.file == name and item.row_number is None]
        if file.status == "unreadable":
            self.end = "left out"
            if self.stops:
                self.problems.append("an unreadable file did not stop the run")
            self._judge_file(files)
            if file.rows_read or rows or self._in_lake(file):
                self.problems.append("an unreadable file left rows behind")
            return
        self.end = "read, rows in quarantine" if rows else "read"
        self.rows = file.rows_read
        if files:
            self.problems.append("a file that was read is in quarantine as a whole, too")
        self._judge_rows(file, rows)
        self._judge_columns(file)

    def _judge_stop(self, sentence: str) -> None:
        self.end = "stopped"
        if not self.stops:
            self.problems.append(f"it stopped the run although it was to go on: {sentence}")
        _judge_sentence(sentence, self.problems)
        shown = self.drawn.file_name.rsplit("/", 1)[-1].replace("\n", "\\n")
        if shown not in sentence:
            self.problems.append(f"the sentence does not name the file: {sentence}")
        if self.partition.exists():
            self.problems.append("a stopped run left a partition")
        self._judge_file([i for i in list_quarantined(self.settings) if i.row_number is None])

    def _judge_file(self, items: Sequence[Quarantined]) -> None:
        """The file is in quarantine to the byte, with one sentence."""
        if len(items) != 1 or items[0].path is None:
            self.problems.append(f"{len(items)} files in quarantine, not one")
            return
        if items[0].path.read_bytes() != self.drawn.content:
            self.problems.append("the file in quarantine is another than the delivered one")
        _judge_sentence(items[0].reason, self.problems)
        self._judge_named(items[0].reason)

    def _judge_named(self, reason: str) -> None:
        """A column that is gone is told by name, with what it looks like now."""
        drawn = self.drawn
        if drawn.gone is None or drawn.rows is None or "columns, found the columns" not in reason:
            return
        for old in drawn.gone:
            if repr(old) not in reason:
                self.problems.append(f"the missing column {old!r} is not named: {reason}")
        for old, new in drawn.renamed:
            if f"{old!r} is perhaps {new!r} now" not in reason:
                self.problems.append(f"{old!r} is {new!r} now, but: {reason}")

    def _judge_rows(self, file: FileDelivery, rows: Sequence[Quarantined]) -> None:
        in_lake = self._in_lake(file)
        numbers = [row[0] for row in in_lake] + [item.row_number for item in rows]
        if sorted(numbers) != list(range(1, file.rows_read + 1)):  # type: ignore[type-var]
            self.problems.append(
                f"{file.rows_read} rows read, {len(in_lake)} in the lake and {len(rows)} in "
                "quarantine: not each of them once"
            )
        if file.rows_quarantined != len(rows):
            self.problems.append(f"{file.rows_quarantined} quarantined, {len(rows)} kept")
        for item in rows:
            if not item.text:
                self.problems.append(f"row {item.row_number} in quarantine without its text")
        for reason in {item.reason for item in rows}:
            _judge_sentence(reason, self.problems)
        if self.drawn.rows is not None and self.drawn.rows != file.rows_read:
            self.problems.append(f"delivered {self.drawn.rows} rows, read {file.rows_read}")
        if self.drawn.table.format == "csv":
            self._judge_characters(in_lake, rows)
        elif self.drawn.table.format in ("json", "jsonl"):
            self._judge_records(file)

    def _judge_characters(self, in_lake: Sequence[tuple], rows: Sequence[Quarantined]) -> None:
        """Every character after the header is in the lake or in quarantine."""
        dialect = self.drawn.table.dialect
        left_out = dict.fromkeys(map(ord, f"{dialect.delimiter}{dialect.quote or ''}\r\n\ufeff"))

        def weight(text: str | None) -> int:
            return sum((text or "").translate(left_out).encode("utf-32-le"))

        body = self._body()
        kept = sum(weight(cell) for row in in_lake for cell in row[1:])
        kept += sum(weight(item.text) for item in rows)
        if weight(body) != kept:
            self.problems.append("not every character of the file is in the lake or in quarantine")

    def _body(self) -> str:
        dialect = self.drawn.table.dialect
        encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
        text = _unpacked(self.drawn.content).decode(encoding)
        lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)[dialect.skip_rows :]
        reader = csv.reader(
            iter(lines),
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        )
        heads = 0
        while heads < dialect.header_rows:
            heads += bool(next(reader))
        return "".join(lines[reader.line_num :])

    def _judge_records(self, file: FileDelivery) -> None:
        """As many records as Python's own parser finds."""
        text = _unpacked(self.drawn.content).decode("utf-8-sig")
        path = self.drawn.table.dialect.record_path
        if self.drawn.table.format == "jsonl":
            documents = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
        else:
            documents = [text]
        count = 0
        for document in documents:
            try:
                value = json.loads(document, parse_int=str)
            except (ValueError, RecursionError):
                count += 1
                continue
            if path is None and self.drawn.table.format == "jsonl":
                count += 1
                continue
            for page in (
                value if isinstance(value, list) and self.drawn.table.format == "json" else [value]
            ):
                try:
                    for key in path.split(".") if path else ():
                        page = page[key]
                except (KeyError, TypeError, IndexError):
                    count += 1
                    continue
                if path and page is None:
                    continue
                count += len(page) if path and isinstance(page, list) else 1
        if count != file.rows_read:
            self.problems.append(f"{count} records in the file, {file.rows_read} read")

    def _judge_columns(self, file: FileDelivery) -> None:
        drawn = self.drawn
        if drawn.gone is None or drawn.new is None or drawn.rows is None or not file.rows_read:
            return
        declared = {name.casefold(): name for name in drawn.table.raw_columns}
        for old in drawn.gone:
            name = declared.get(old.casefold())
            if name is not None and name not in file.missing_columns:
                self.problems.append(f"the missing column {old!r} is not recorded")
            is_needed = has_header(drawn.table) or name in drawn.table.key
            if name is not None and is_needed:
                self.problems.append(f"a file without the declared column {old!r} was read")
        for new in drawn.new:
            if new not in file.added_columns and new.casefold() not in declared:
                self.problems.append(
                    f"the added column {new!r} is not recorded: {file.added_columns}"
                )

    def _in_lake(self, file: FileDelivery) -> list[tuple]:
        """Row number and cells of the rows of the file."""
        if file.native_file is not None:
            return self.connection.execute(
                "SELECT file_row_number + 1, * EXCLUDE (file_row_number) "
                "FROM read_parquet(?, file_row_number = true, hive_partitioning = false)",
                [str(self.partition / file.native_file)],
            ).fetchall()
        path = self.partition / "part.parquet"
        if not path.is_file():
            return []
        relation = self.connection.read_parquet(str(path), hive_partitioning=False)
        others = set(relation.columns) - set(LINEAGE_COLUMNS)
        cells = f", * EXCLUDE ({', '.join(LINEAGE_COLUMNS)})" if others else ""
        return self.connection.execute(
            f"SELECT _row_number{cells} FROM read_parquet(?, hive_partitioning = false) "
            "WHERE _source_file = ?",
            [str(path), file.file],
        ).fetchall()


def _unpacked(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def _judge_sentence(sentence: str, problems: list[str]) -> None:
    words = ("Traceback", "object at 0x", "NoneType")
    if "Expected" not in sentence or not sentence.rstrip().endswith("."):
        problems.append(f"no sentence: {sentence[:300]!r}")
    if "\n" in sentence or "\r" in sentence or len(sentence) > LONGEST_SENTENCE:
        problems.append(f"more than one line ({len(sentence)} characters): {sentence[:300]!r}")
    if any(word in sentence for word in words):
        problems.append(f"words of the machine: {sentence[:300]!r}")


def _memory(reset: bool = False) -> int:
    """Peak of this process in MiB, since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0
