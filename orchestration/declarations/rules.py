"""The rules of a source declaration: from YAML nodes to `Source`, or to problems with their line.

Reads no file itself. A rule that the staging macro relies on is checked here, so that an analyst
hears of it from `cx source check` and not from a failing build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from orchestration.declarations.fields import feeds_of, formats_of, refuse_undeclared, zone_of
from orchestration.declarations.file_patterns import compile_pattern
from orchestration.declarations.shapes import EVERY, Dialect, Entity, Source, Table, Version
from orchestration.declarations.yaml_reader import Entry, YamlReader, did_you_mean

NAME = re.compile(r"[a-z][a-z0-9_]*")
FORMATS = ("csv", "json", "jsonl", "parquet", "xlsx")
DIALECT_KEYS = {
    "csv": (
        "delimiter",
        "quote",
        "encoding",
        "skip_rows",
        "header_rows",
        "header_from",
        "ragged_rows",
    ),
    "xlsx": ("sheet", "skip_rows", "header_rows", "header_from"),
    "json": ("record_path", "encoding"),
    "jsonl": ("record_path", "encoding"),
    "parquet": (),
}
TABLE_KEYS = (
    "files",
    "format",
    "null_tokens",
    "key",
    "version_by",
    "max_quarantined_share",
    "on_unreadable_file",
    "optional_columns",
    "expected_every",
    "personal",
    "feeds",
)
SOURCE_META_KEYS = ("owner", "zone", "namespace", "expected_every", "on_unreadable_file")
DEFAULT_MAX_QUARANTINED_SHARE = 0.05


def sources_of(reader: YamlReader, root: Node, entities: Mapping[str, Entity]) -> list[Source]:
    """The sources that one YAML file declares; what is wrong is added to the reader's problems."""
    top = reader.entries(root, "the file") or {}
    if "sources" not in top:
        reader.add(
            1,
            "expected `sources:` with a declaration in this file, found none: every sources file "
            "below models/staging declares a source",
        )
        return []
    found = []
    for node in reader.items(top["sources"].node, "sources"):
        source = _source(reader, node, entities)
        if source is not None:
            found.append(source)
    return found


def _source(reader: YamlReader, node: Node, entities: Mapping[str, Entity]) -> Source | None:
    entries = reader.entries(node, "a source")
    if entries is None:
        return None
    line = reader.line_of(node)
    name = _name(reader, entries, "source", line)
    meta = _meta(reader, entries)
    settings: dict[str, Entry] = {}
    if meta is not None:
        settings = reader.known_entries(meta, "meta of the source", SOURCE_META_KEYS) or {}
    zone = zone_of(reader, settings) or "UTC"
    every = _every(reader, settings, None)
    policy = _policy(reader, settings, "stop")
    if "tables" not in entries:
        reader.add(line, "expected `tables:` in the source, found none: declare at least one")
        return None
    if name is None:
        return None
    tables: dict[str, Table] = {}
    namespace = _text(reader, settings, "namespace", name)
    for item in reader.items(entries["tables"].node, "tables"):
        table = _table(reader, item, name, namespace, entities, every, policy)
        if table is None:
            continue
        if table.name in tables:
            reader.add(
                table.line,
                f"expected each table once in the source, found {table.name!r} again (first on "
                f"line {tables[table.name].line}): rename or remove one",
            )
        tables[table.name] = table
    return Source(
        name=name,
        description=_text(reader, entries, "description", ""),
        owner=_text(reader, settings, "owner", "") or None,
        zone=zone,
        namespace=namespace,
        path=reader.path,
        tables=tuple(tables.values()),
        line=line,
    )


def _table(
    reader: YamlReader,
    node: Node,
    source: str,
    namespace: str,
    entities: Mapping[str, Entity],
    every: str | None,
    policy: str,
) -> Table | None:
    entries = reader.entries(node, "a table")
    if entries is None:
        return None
    line = reader.line_of(node)
    name = _name(reader, entries, "table", line)
    meta_node = _meta(reader, entries)
    if meta_node is None:
        reader.add(
            line,
            "expected `config: meta:` with files, format, key and feeds in the table, found none: "
            "add the declaration",
        )
        return None
    probe = meta_node.value if isinstance(meta_node, MappingNode) else []
    file_format = next(
        (value.value for key, value in probe if key.value == "format"),
        None,
    )
    dialect_keys = DIALECT_KEYS.get(file_format) if isinstance(file_format, str) else None
    known = (*TABLE_KEYS, *(dialect_keys if dialect_keys is not None else _all_dialect_keys()))
    meta = reader.known_entries(
        meta_node, f"meta of a {file_format} table", known, ("files", "format", "key", "feeds")
    )
    if meta is None or name is None:
        return None
    before = len(reader.problems)
    format_name = (
        reader.one_of(meta["format"].node, "format", FORMATS) if "format" in meta else None
    )
    files = reader.text(meta["files"].node, "files") if "files" in meta else None
    pattern = None
    if files is not None:
        try:
            pattern = compile_pattern(files)
        except ValueError as error:
            reader.add(reader.line_of(meta["files"].node), str(error))
    key = _raw_names(reader, meta, "key")
    version = _version(reader, meta["version_by"].node) if "version_by" in meta else None
    share = DEFAULT_MAX_QUARANTINED_SHARE
    if "max_quarantined_share" in meta:
        share = reader.share(meta["max_quarantined_share"].node, "max_quarantined_share") or 0.0
    null_tokens: tuple[str, ...] = ("",)
    if "null_tokens" in meta:
        null_tokens = reader.text_list(meta["null_tokens"].node, "null_tokens")
    dialect = _dialect(reader, meta)
    feeds = feeds_of(reader, meta["feeds"].node, entities) if "feeds" in meta else {}
    optional = _raw_names(reader, meta, "optional_columns")
    for feed in feeds.values():
        own = entities[feed.entity].id_column
        if own.name not in feed.fields:
            refuse_undeclared(reader, meta["key"].line if key else line, own, key)
    every = _every(reader, meta, every)
    broken = format_name is None or files is None or pattern is None or not key or not feeds
    if broken or len(reader.problems) > before:
        return None
    assert format_name is not None and files is not None and pattern is not None
    table = Table(
        source=source,
        name=name,
        description=_text(reader, entries, "description", ""),
        files=files,
        pattern=pattern,
        format=format_name,
        dialect=dialect,
        null_tokens=null_tokens,
        key=key,
        version_by=version,
        max_quarantined_share=share,
        on_unreadable_file=_policy(reader, meta, policy),
        feeds=feeds,
        declared_in=reader.path,
        line=line,
        optional_columns=optional,
        expected_every=every,
        namespace=namespace,
        personal=_raw_names(reader, meta, "personal"),
    )
    if optional:
        _check_optional(reader, meta["optional_columns"].line, table)
    return table if len(reader.problems) == before else None


def _policy(reader: YamlReader, entries: Mapping[str, Entry], default: str) -> str:
    """What an unreadable file does to the run: of the table, else of its source."""
    if "on_unreadable_file" not in entries:
        return default
    node = entries["on_unreadable_file"].node
    return reader.one_of(node, "on_unreadable_file", ("stop", "continue")) or default


def _check_optional(reader: YamlReader, line: int, table: Table) -> None:
    """Only what the declaration reads can be missing, and a key never can."""
    for name in table.optional_columns:
        if name in table.key:
            reader.add(
                line,
                f"expected no key column in optional_columns, found {name!r}: remove it, a record "
                "without its key is no record",
            )
        elif name not in table.raw_columns:
            reader.add(
                line,
                "expected raw columns of this declaration in optional_columns, found "
                f"{name!r}{did_you_mean(name, table.raw_columns)}: correct or remove it",
            )


def _dialect(reader: YamlReader, meta: Mapping[str, Entry]) -> Dialect:
    default = Dialect()
    delimiter = _text(reader, meta, "delimiter", default.delimiter)
    if len(delimiter) != 1 or delimiter in '\r\n"':
        reader.add(
            meta["delimiter"].line,
            f"expected delimiter as one character, found {delimiter!r}: "
            'write for example ";" or "\\t" (in double quotes)',
        )
    quote: str | None = default.quote
    if "quote" in meta:
        node = meta["quote"].node
        quote = None if reader.is_null(node) else reader.text(node, "quote") or None
        if quote is not None and (len(quote) != 1 or quote == delimiter):
            reader.add(
                meta["quote"].line,
                f"expected quote as one character other than the delimiter, or null for none, "
                f"found {quote!r}: correct it",
            )
    encoding = _text(reader, meta, "encoding", default.encoding)
    if not _is_text_encoding(encoding):
        reader.add(
            meta["encoding"].line,
            f"expected an encoding such as utf-8, utf-16, cp1252 or latin-1, found {encoding!r}: "
            "correct it",
        )
    skip_rows = _integer(reader, meta, "skip_rows", default.skip_rows, 0)
    header_rows = _integer(reader, meta, "header_rows", default.header_rows, 1)
    return Dialect(
        delimiter=delimiter,
        quote=quote,
        encoding=encoding,
        skip_rows=skip_rows,
        header_rows=header_rows,
        header_from=_header_from(reader, meta, header_rows),
        ragged_rows=_choice(reader, meta, "ragged_rows", ("quarantine", "pad")),
        sheet=_text(reader, meta, "sheet", "") or None,
        record_path=_text(reader, meta, "record_path", "") or None,
    )


def _header_from(
    reader: YamlReader, meta: Mapping[str, Entry], header_rows: int
) -> tuple[int, ...]:
    if "header_from" not in meta:
        return (1,)
    node = meta["header_from"].node
    nodes = node.value if isinstance(node, SequenceNode) else [node]
    found = [reader.integer(item, "header_from", 1) for item in nodes]
    rows = tuple(row for row in found if row is not None)
    if not rows or max(rows) > header_rows:
        reader.add(
            meta["header_from"].line,
            f"expected header_from as rows within the {header_rows} header rows, found "
            f"{list(rows)}: correct header_from or header_rows",
        )
        return (1,)
    return rows


def _version(reader: YamlReader, node: Node) -> Version | None:
    entries = reader.known_entries(
        node, "version_by", ("from", "type", "formats", "zone"), ("from", "type")
    )
    if entries is None or "from" not in entries or "type" not in entries:
        return None
    kind = reader.one_of(entries["type"].node, "type of version_by", ("integer", "timestamp"))
    for name in ("formats", "zone"):
        if name in entries and kind == "integer":
            reader.add(
                entries[name].line,
                f"expected {name} only when version_by is a timestamp, found it with type "
                "integer: remove it",
            )
    formats = formats_of(reader, entries) if kind == "timestamp" else ()
    zone = zone_of(reader, entries)
    raw = reader.text(entries["from"].node, "from of version_by")
    return Version((raw,), kind, formats, zone) if raw and kind else None


def _meta(reader: YamlReader, entries: Mapping[str, Entry]) -> Node | None:
    if "meta" in entries:
        reader.add(
            entries["meta"].line,
            "expected `meta` below `config:`, found it directly: indent it under `config:`",
        )
        return entries["meta"].node
    if "config" not in entries:
        return None
    config = reader.entries(entries["config"].node, "config") or {}
    return config["meta"].node if "meta" in config else None


def _name(reader: YamlReader, entries: Mapping[str, Entry], what: str, line: int) -> str | None:
    if "name" not in entries:
        reader.add(line, f"expected `name` in the {what}, found none: add it")
        return None
    name = reader.text(entries["name"].node, f"name of the {what}")
    if name is not None and not NAME.fullmatch(name):
        reader.add(
            entries["name"].line,
            f"expected the name of the {what} in lower case letters, digits and underscores "
            f"(it becomes a folder and a model), found {name!r}: rename it",
        )
        return None
    return name


def _raw_names(reader: YamlReader, entries: Mapping[str, Entry], name: str) -> tuple[str, ...]:
    if name not in entries:
        return ()
    before = len(reader.problems)
    found = reader.text_list(entries[name].node, name)
    if len(reader.problems) > before:
        return ()
    if not found or any(text != text.strip() or not text for text in found):
        reader.add(
            entries[name].line,
            f"expected {name} as one or more raw column names without outer blanks, found "
            f"{list(found)}: correct it",
        )
        return ()
    return found


def _text(reader: YamlReader, entries: Mapping[str, Entry], name: str, default: str) -> str:
    if name not in entries:
        return default
    text = reader.text(entries[name].node, name)
    return default if text is None else text


def _integer(
    reader: YamlReader, entries: Mapping[str, Entry], name: str, default: int, minimum: int
) -> int:
    if name not in entries:
        return default
    value = reader.integer(entries[name].node, name, minimum)
    return default if value is None else value


def _every(reader: YamlReader, entries: Mapping[str, Entry], default: str | None) -> str | None:
    if "expected_every" not in entries:
        return default
    return reader.one_of(entries["expected_every"].node, "expected_every", EVERY)


def _choice(
    reader: YamlReader, entries: Mapping[str, Entry], name: str, known: tuple[str, ...]
) -> str:
    if name not in entries:
        return known[0]
    return reader.one_of(entries[name].node, name, known) or known[0]


def _is_text_encoding(name: str) -> bool:
    try:
        return "".encode(name) is not None
    except (LookupError, ValueError):
        return False


def _all_dialect_keys() -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for keys in DIALECT_KEYS.values() for key in keys))
