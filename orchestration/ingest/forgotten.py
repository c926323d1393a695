"""People who asked to be forgotten: which delivered rows and texts are theirs.

`state/forgotten.json` knows them by keyed hashes alone, so that the list itself tells nobody who is
on it. A row is a person's when its customer is; a row that names no customer is, too, when it or
what it refers to (the contact of an answer, the ticket of an entry of a log) is on the list.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.declarations.shapes import Feed, FieldSpec, Table
from orchestration.errors import UsageError
from orchestration.ingest.opening import escaped_path
from orchestration.ingest.records import LINEAGE_COLUMNS
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement
from orchestration.secrets_file import hash_key
from orchestration.settings import Settings
from orchestration.state import read_json, write_json

# What stands between these is a word: an id, an e-mail address, a number.
WORD = re.compile(r"[^\s,;|\"'`{}\[\]()<>&=\\/]+")
PUNCTUATION = ".:!?"
# So many words may make a name or a number, with so few characters between two of them.
ERASED = "[erased]"
WORDS_TOGETHER = 4
LONGEST_GAP = 2


@dataclass(frozen=True)
class Forgotten:
    """The list, ready to be asked.

    Attributes:
        hashes: of `key|<kind>|<id>` (who owns a row), `cell|<text>` (a value of theirs, which
            stands alone in a cell) and `word|<text>` (one that nobody else can have).
    """

    key: str
    hashes: frozenset[str]

    def hash_of(self, text: str) -> str:
        return hashlib.sha256(f"{self.key}{text}{self.key}".encode()).hexdigest()

    def is_word(self, text: str) -> bool:
        return self.hash_of(f"word|{text}") in self.hashes

    def owns_text(self, text: str) -> bool:
        """Whether a text of no known columns has a value of a forgotten person."""
        return any(
            self.hash_of(f"{kind}|{word}") in self.hashes
            for word in words_of(text)
            for kind in ("cell", "word")
        )

    def owns_file(self, path: Path) -> bool:
        """As `owns_text`, for a file that nobody can read as it is declared."""
        return self.owns_text(path.read_bytes().decode("utf-8", "replace"))

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let the SQL of this module be run on the connection."""
        connection.execute("SET VARIABLE cx_hash_key = ?", [self.key])
        connection.execute("CREATE OR REPLACE TEMP TABLE forgotten AS SELECT '' AS hash LIMIT 0")
        connection.execute("INSERT INTO forgotten SELECT unnest(?::VARCHAR[])", [[*self.hashes]])


def words_of(text: str) -> set[str]:
    """Every word of a text, and every few that stand together in a line."""
    found = set()
    spans = [match.span() for match in WORD.finditer(text)]
    for at, (start, end) in enumerate(spans):
        found.add(text[start:end])
        for following, until in spans[at + 1 : at + WORDS_TOGETHER]:
            if following - end > LONGEST_GAP or "\n" in text[end:following]:
                break
            end = until
            found.add(text[start:end])
    return found | {word.strip(PUNCTUATION) for word in found}


def without_words(text: str, words: Collection[str]) -> str:
    """The text with `[erased]` in place of each of the words, where they stand alone."""
    # The longer ones first: one may be a part of another.
    for word in sorted(words, key=len, reverse=True):
        alone = rf"(?<![\w.@+-]){re.escape(word)}(?![\w@+-]|\.\w)"
        text = re.sub(alone, ERASED, text)
    return text


def forgotten_file(settings: Settings) -> Path:
    return settings.state / "forgotten.json"


def load_forgotten(settings: Settings) -> Forgotten | None:
    """The list; None while nobody was forgotten.

    Raises:
        UsageError: it was made with another hash key, so that it would find nobody.
        DataError: it cannot be read.
    """
    path = forgotten_file(settings)
    if not path.exists():
        return None
    content = read_json(path)
    hashes = frozenset(text for person in content["people"] for text in person["hashes"])
    found = Forgotten(hash_key(settings), hashes)
    if found.hash_of("key") != content["key"]:
        raise UsageError(
            f"Expected the hash key with which {path} was written, found another one: restore "
            f"{settings.hash_key_file} or CX_HASH_KEY, or nobody on the list is kept out."
        )
    return found


def add_forgotten(settings: Settings, texts: Iterable[str]) -> Forgotten:
    """Put a person on the list, by texts as `Forgotten.hashes` describes them."""
    known = load_forgotten(settings)
    found = known or Forgotten(hash_key(settings), frozenset())
    people = read_json(forgotten_file(settings))["people"] if known else []
    added = sorted({found.hash_of(text) for text in texts} - found.hashes)
    if added:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        people.append({"forgotten_at": now, "hashes": added})
        write_json(forgotten_file(settings), {"key": found.hash_of("key"), "people": people})
    return Forgotten(found.key, found.hashes | set(added))


@dataclass(frozen=True)
class Identity:
    """Whose a row is, as SQL over raw columns: NULL or text.

    Attributes:
        customer: `<namespace>:<raw id>`; None when the rows name no customer.
        is_hashed: whether the marts know the customer by the hash of the raw id.
        namespace: of the customer.
        own: `<kind>|<namespace>:<raw id>` of the record.
        links: the same of what it refers to.
    """

    customer: Fragment | None
    is_hashed: bool
    namespace: str
    own: Fragment
    links: tuple[Fragment, ...]

    @property
    def is_theirs(self) -> Fragment:
        """True for a row of a forgotten person, once `Forgotten.prepare` was called."""
        linked = Fragment(" OR ".join(map(is_on_list, (self.own, *self.links))))
        if self.customer is None:
            return Fragment(f"({linked})")
        customer = Fragment(f"'customer|' || {self.customer}")
        return Fragment(f"({is_on_list(customer)} OR ({self.customer} IS NULL AND ({linked})))")


def identities(table: Table, columns: Collection[str]) -> list[Identity]:
    """What the feeds of a table say of its rows, of those that say anything."""
    present = {name.casefold() for name in columns}
    found = []
    for feed in table.feeds.values():
        own_name, *others = feed.id_columns
        own = feed.fields.get(own_name) or FieldSpec(own_name, feed.line, raw=table.key)
        by = feed.fields.get("customer_id") or (own if own_name == "customer_id" else None)
        links = tuple(
            link
            for name in others
            if name in feed.fields
            and name not in ("customer_id", "agent_id")
            and (link := _keyed(table, feed, feed.fields[name], present))
        )
        key = _keyed(table, feed, own, present)
        if key is None or not (by or links):
            continue
        text = _text(table, by, present) if by else None
        namespace = (by.namespace if by else None) or table.namespace
        customer = Fragment(f"{literal(namespace + ':')} || {text}") if text else None
        hashed = bool(by and by.personal)
        found.append(
            Identity(customer and Fragment(f"({customer})"), hashed, namespace, key, links)
        )
    return found


def rows_of_forgotten(
    connection: duckdb.DuckDBPyConnection, table: Table, paths: Collection[Path], *, native: bool
) -> Iterator[tuple[str, int]]:
    """File (its name in lineage; of native files their path) and number of the rows of theirs."""
    if not paths:
        return
    files = files_of(paths, native=native)
    columns = connection.execute(statement("FROM {files} LIMIT 0", files=files)).description or ()
    theirs = [each.is_theirs for each in identities(table, [name for name, *_ in columns])]
    if not theirs:
        return
    place = "filename, file_row_number + 1" if native else "_source_file, _row_number"
    yield from connection.execute(
        statement(
            "SELECT {place} FROM {files} WHERE {theirs}",
            place=Fragment(place),
            files=files,
            theirs=Fragment(" OR ".join(theirs)),
        )
    ).fetchall()


def mentions(
    connection: duckdb.DuckDBPyConnection, paths: Collection[Path], *, native: bool
) -> set[str]:
    """Addresses of forgotten people that somebody wrote into a text of these files."""
    if not paths:
        return set()
    files = files_of(paths, native=native)
    columns = comma(map(identifier, text_columns(connection, files)))
    if not columns:
        return set()
    query = statement(
        "SELECT DISTINCT word FROM ({words}) WHERE {listed}",
        words=words_in(statement("SELECT unnest([{c}]) AS value FROM {f}", c=columns, f=files)),
        listed=is_on_list(Fragment("word"), "word"),
    )
    return {word for (word,) in connection.execute(query).fetchall()}


def words_in(cells: Fragment) -> Fragment:
    """The words of the column `value` of a query, of those values that hold an address."""
    return statement(
        "SELECT * EXCLUDE (value), rtrim(unnest(regexp_extract_all(value, {word})), {ends}) AS word"
        " FROM (SELECT DISTINCT * FROM ({cells}) WHERE contains(value, '@'))",
        word=literal(WORD.pattern),
        ends=literal(PUNCTUATION),
        cells=cells,
    )


def text_columns(connection: duckdb.DuckDBPyConnection, files: Fragment) -> list[str]:
    """The columns of a relation that hold text, but for those that ingest adds."""
    described = connection.execute(statement("DESCRIBE FROM {files}", files=files)).fetchall()
    own = (*LINEAGE_COLUMNS, "filename")
    return [name for name, kind, *_ in described if kind == "VARCHAR" and name not in own]


def blanked(
    connection: duckdb.DuckDBPyConnection, files: Fragment, words: Collection[str]
) -> Fragment:
    """The columns of a relation for a SELECT, without these words in their texts.

    The connection gets a function for it, which lives as long as the connection.
    """
    described = connection.execute(statement("DESCRIBE FROM {files}", files=files)).fetchall()
    names = [name for name, *_ in described]
    if not words:
        return comma(map(identifier, names))
    texts = set(text_columns(connection, files))
    function = f"without_{len(words)}_{abs(hash(frozenset(words)))}"
    # What DuckDB says of a function that the connection has from another file.
    with suppress(duckdb.NotImplementedException):
        connection.create_function(
            function, lambda text: without_words(text, words), ["VARCHAR"], "VARCHAR"
        )
    return comma(
        statement(
            "CASE WHEN contains({name}, '@') THEN {function}({name}) ELSE {name} END AS {name}",
            name=identifier(name),
            function=identifier(function),
        )
        if name in texts
        else identifier(name)
        for name in names
    )


def files_of(paths: Collection[Path], *, native: bool) -> Fragment:
    """The rows of Parquet files of the lake; native ones with their place."""
    return statement(
        "read_parquet([{paths}], union_by_name = true, hive_partitioning = false{place})",
        paths=comma(literal(escaped_path(path)) for path in paths),
        place=Fragment(", filename = true, file_row_number = true" if native else ""),
    )


def is_on_list(text: Fragment, kind: str = "key") -> Fragment:
    """Whether a text is on the list as `kind`; never NULL."""
    return statement(
        "coalesce(sha256(getvariable('cx_hash_key') || {kind} || {text} || "
        "getvariable('cx_hash_key')) IN (SELECT hash FROM forgotten), false)",
        kind=literal(kind + "|"),
        text=text,
    )


def _keyed(table: Table, feed: Feed, spec: FieldSpec, present: Collection[str]) -> Fragment | None:
    """`<kind>|<namespace>:<raw id>` of an id; of the id of a contact the kind stands in the row."""
    text = _text(table, spec, present)
    if text is None:
        return None
    kind: Fragment = literal(spec.column.removesuffix("_id"))
    if spec.column == "contact_ref_id":
        by = feed.fields.get("contact_type")
        if by is None:
            return None
        if by.value is not None:
            kind = literal(by.value)
        else:
            said = _text(table, by, present)
            if said is None:
                return None
            kind = said
            if by.map:
                whens = (
                    f"WHEN {literal(raw)} THEN {literal(word)}"
                    for raw, word in by.map.items()
                    if word is not None
                )
                kind = Fragment(f"CASE {said} {' '.join(whens)} END")
    namespace = spec.namespace or table.namespace
    return Fragment(f"({kind} || {literal(f'|{namespace}:')} || {text})")


def _text(table: Table, spec: FieldSpec, present: Collection[str]) -> Fragment | None:
    """The raw text as staging sees it (macros/staging/stage_family.sql), NULL when absent."""
    if not spec.raw or any(name.casefold() not in present for name in spec.raw):
        return None
    parts = []
    for name in spec.raw:
        text = Fragment(f"CAST({identifier(name)} AS VARCHAR)")
        parts.append(_cleaned(value_in(text, spec.path), table.null_tokens))
    joined = Fragment(" || ':' || ".join(parts))
    return _cleaned(joined, spec.null_tokens) if spec.null_tokens else joined


def value_in(text: Fragment, path: str | None) -> Fragment:
    """A text, or the value in its JSON."""
    if path is None:
        return text
    place = place_in_json(path.split("."))
    return Fragment(f"CASE WHEN json_valid({text}) THEN json_extract_string({text}, {place}) END")


def place_in_json(keys: Iterable[str]) -> Fragment:
    """Where a value is in a JSON text: names of objects, numbers of places in lists."""
    return literal("$" + "".join(f"[{key}]" if key.isdigit() else f'."{key}"' for key in keys))


def _cleaned(text: Fragment, null_tokens: Iterable[str]) -> Fragment:
    tokens = comma(literal(token) for token in {"", *(token.strip() for token in null_tokens)})
    return Fragment(f"CASE WHEN trim({text}) NOT IN ({tokens}) THEN trim({text}) END")
