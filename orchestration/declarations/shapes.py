"""What a source declaration says, as frozen dataclasses; no reading and no checking here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.declarations.file_patterns import FilePattern

EVERY = ("day", "weekday", "week", "month")


@dataclass(frozen=True)
class Problem:
    """Something wrong in a declaration: where, and one sentence for the analyst."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class EntityColumn:
    """A column of a canonical entity.

    Attributes:
        kind: id, choice, seconds, score, or None for a plain value of `data_type`.
        values: what a choice may be; empty for the other kinds.
    """

    name: str
    data_type: str
    kind: str | None
    values: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Entity:
    """A canonical entity: the columns of `int_<name>_versioned` without lineage and verdict."""

    name: str
    columns: tuple[EntityColumn, ...]

    @property
    def id_column(self) -> EntityColumn:
        """The column made from the table's key unless it is mapped."""
        return self.columns[0]

    def column(self, name: str) -> EntityColumn | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class FieldSpec:
    """Where one canonical column comes from.

    Attributes:
        column: the canonical column.
        raw: raw columns, joined by one space when several; empty for a constant.
        value: the constant, or None.
        map: raw text to canonical value; None as a value means absent.
        has_otherwise: whether an unmapped value becomes `otherwise` instead of a rejected row.
    """

    column: str
    line: int
    raw: tuple[str, ...] = ()
    value: str | None = None
    path: str | None = None
    formats: tuple[str, ...] = ()
    zone: str | None = None
    map: dict[str, str | None] = field(default_factory=dict)
    has_otherwise: bool = False
    otherwise: str | None = None
    unit: str | None = None
    null_tokens: tuple[str, ...] = ()
    namespace: str | None = None
    personal: bool = False
    required: bool = False
    decimal: str = "."


@dataclass(frozen=True)
class Feed:
    """What one canonical entity takes from a raw table.

    Attributes:
        when: raw columns that must all be present for a row to be this entity at all.
        id_columns: canonical columns that hold an id; the first is the record's own.
    """

    entity: str
    line: int
    fields: dict[str, FieldSpec]
    when: tuple[str, ...] = ()
    id_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """The raw value by which a later version of a record is known; `type` integer or timestamp."""

    raw: tuple[str, ...]
    type: str
    formats: tuple[str, ...] = ()
    zone: str | None = None


@dataclass(frozen=True)
class Dialect:
    """How a file is read: text, workbook and JSON settings with their defaults.

    Attributes:
        skip_rows: lines (CSV) or rows (workbook) before the header.
        header_from: which of the header rows make the name, 1-based.
        record_path: dotted path to the list of records in a JSON page, or None.
    """

    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"
    skip_rows: int = 0
    header_rows: int = 1
    header_from: tuple[int, ...] = (1,)
    ragged_rows: str = "quarantine"
    sheet: str | None = None
    record_path: str | None = None


@dataclass(frozen=True)
class Table:
    """One raw table of a source: its files, how they are read, and which entities it feeds.

    Attributes:
        source: name of the source that it belongs to.
        declared_in: the YAML file; `line` is the table's line in it.
        feeds: in the order of the file; the first is the table's own entity.
        optional_columns: raw columns that a file with a header may lack.
        expected_every: how often a load date comes, one of EVERY; None when nobody said.
        namespace: put before ids, unless a field has its own.
        personal: raw columns that hold names, addresses or numbers of customers, besides those of
            fields that are `personal`; `column.name` is a value inside JSON.
    """

    source: str
    name: str
    description: str
    files: str
    pattern: FilePattern
    format: str
    dialect: Dialect
    null_tokens: tuple[str, ...]
    key: tuple[str, ...]
    version_by: Version | None
    max_quarantined_share: float
    on_unreadable_file: str
    feeds: dict[str, Feed]
    declared_in: Path
    line: int
    optional_columns: tuple[str, ...] = ()
    expected_every: str | None = None
    namespace: str = ""
    personal: tuple[str, ...] = ()

    @property
    def personal_columns(self) -> frozenset[str]:
        """The raw columns that hold personal data, as the file names them."""
        fed = {
            raw
            for feed in self.feeds.values()
            for spec in feed.fields.values()
            if spec.personal
            for raw in spec.raw
        }
        return frozenset(fed | {self.split_path(name)[0] for name in self.personal})

    @property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """Every raw column of which a value inside is read, with the path of that value, once."""
        fed = [
            (raw, spec.path)
            for feed in self.feeds.values()
            for spec in feed.fields.values()
            if spec.path
            for raw in spec.raw
        ]
        personal = (self.split_path(name) for name in self.personal)
        return tuple(dict.fromkeys([*fed, *((raw, path) for raw, path in personal if path)]))

    def split_path(self, name: str) -> tuple[str, str | None]:
        """A raw column and the path of a value inside it, which only JSON has."""
        column, _, path = name.partition(".")
        return (column, path or None) if self.format in ("json", "jsonl") else (name, None)

    @property
    def entity(self) -> str:
        """The table's own entity."""
        return next(iter(self.feeds))

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """Every raw column that the declaration names, once, in the order of first mention."""
        names = list(self.key)
        if self.version_by is not None:
            names += self.version_by.raw
        for feed in self.feeds.values():
            names += feed.when
            for spec in feed.fields.values():
                names += spec.raw
        # A file without them is refused: under another name they would be taken for harmless.
        names += [self.split_path(name)[0] for name in self.personal]
        return tuple(dict.fromkeys(names))

    def load_date_of(self, relative_path: str) -> date | None:
        """The load date of a path below the source's inbox folder; None when it is not ours."""
        return self.pattern.load_date_of(relative_path)


@dataclass(frozen=True)
class Source:
    """One declared source.

    Attributes:
        zone: IANA zone of timestamps that carry none.
        namespace: put before ids; sources that share ids share it.
        path: the YAML file that declares it.
    """

    name: str
    description: str
    owner: str | None
    zone: str
    namespace: str
    path: Path
    tables: tuple[Table, ...]
    line: int
