"""Writes the lines of a drafted declaration: what the file proves, and `???` for the rest.

Reads and writes no file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.declarations.fields import PERSONAL_NAME
from orchestration.declarations.shapes import Dialect, Entity, EntityColumn
from orchestration.declarations.yaml_reader import UNDECIDED
from orchestration.draft.guessing import (
    SHOWN_VALUES,
    counter_column,
    guess_choice,
    guess_columns,
    guess_unit,
    holds_personal,
    key_candidates,
    looks_personal,
    moments_of,
    numeric_columns,
    time_column_for,
)
from orchestration.draft.sniffing import LISTED_VALUES, Sample, Scan, quoted, scan

NULL_WORDS = ("-", "--", "?", "n/a", "na", "null", "none", "#n/a", "nan", "\\n")
GRAINS = {
    "tickets": "ticket version",
    "chats": "chat",
    "calls": "call",
    "survey_responses": "answer to a survey question",
    "survey_invitations": "state of an invitation to a survey",
    "feedback_cases": "state of a feedback case",
    "customers": "customer",
    "agents": "agent",
    "qa_reviews": "item of a review",
    "payments": "payment",
    "changes": "change",
    "bot_sessions": "conversation with a bot",
    "help_sessions": "visit to the help centre",
    "answer_uses": "answer and day of its uses",
    "cost_ledger": "line of the cost ledger",
    "ticket_events": "entry of a ticket's log",
    "agent_status": "status of an agent",
    "shifts": "shift",
    "carts": "cart",
}
PERSONAL = ("customer_id", "agent_id")
NOT_MAPPED = "Not mapped: "
DECIDED_BY_PERSONS = ("survey_type", "scale_id", "score")
# Entity -> what contact_type calls it.
CONTACTS = {"tickets": "ticket", "chats": "chat", "calls": "call"}
# Moments of a contact that can stand for the moment of the answer on its row, best first.
LATEST_FIRST = ("ended_at", "solved_at", "closed_at", "answered_at", "started_at", "created_at")


@dataclass(frozen=True)
class Material:
    """What a draft is written from: an entity, a file, and the guess which column is which."""

    entity: Entity
    file: Path
    sample: Sample
    scan: Scan
    found: dict[str, str]

    @property
    def nulls(self) -> list[str]:
        """Words of the file that mean absent."""
        sample = self.sample
        values = {value for column in sample.columns for value in sample.values(column)}
        return sorted(value for value in values if value.casefold() in NULL_WORDS)


def material_of(entity: Entity, file: Path, sample: Sample) -> Material:
    """Guess the columns, and read the whole file for what a sample does not prove.

    Raises:
        DataError: the file cannot be read to its end.
    """
    found = guess_columns(entity, sample)
    listed = [
        found[column.name]
        for column in entity.columns
        if column.name in found and (column.kind == "choice" or column.data_type == "boolean")
    ]
    return Material(
        entity, file, sample, scan(file, sample, listed, found.get(entity.id_column.name)), found
    )


@dataclass
class Text:
    """The lines of the declaration and the decisions that they leave open.

    Attributes:
        used: raw columns that the lines read.
        needs_zone: whether a timestamp has no zone of its own.
    """

    lines: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    needs_zone: bool = False

    def add(self, depth: int, text: str, decide: str | None = None) -> None:
        comment = f"   # DECIDE: {decide}" if decide else ""
        if decide:
            self.decisions.append(f"{text.split(':')[0].strip(' -')}: {decide}")
        self.lines.append("  " * depth + text + comment)

    def note(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + f"# {text}")


def new_declaration(source: str, material: Material) -> Text:
    """The text of a sources file for the source that the file comes from."""
    body = Text()
    _table(body, material)
    head = Text(used=body.used)
    head.add(0, "version: 2")
    head.lines.append("")
    head.add(0, "sources:")
    head.add(1, f"- name: {source}")
    head.add(2, f"description: {quoted(f'Drafted from {material.file.name}; say what it is.')}")
    head.add(2, "config:")
    head.add(3, "meta:")
    head.add(4, "owner: customer-service-analytics")
    if body.needs_zone:
        zone_line(head, 4)
    head.add(4, f"namespace: {source}")
    head.note(5, "sources of one company that share ids share the namespace")
    head.add(2, "tables:")
    head.lines += body.lines
    head.decisions += body.decisions
    return head


def zone_line(text: Text, depth: int) -> None:
    """The open question in which zone the timestamps without one are."""
    text.add(
        depth,
        f'zone: "{UNDECIDED}"',
        "IANA time zone of timestamps without one, for example UTC or Europe/Berlin",
    )


def further_feed(material: Material, owner: Entity, key: list[str]) -> Text:
    """The lines of one more feed of a table whose rows are `owner`, with the raw columns `key`.

    They begin at depth 0. Not every row is the further entity: `when` names the column that says
    so, and the entity's id is its own, but for answers, which are told apart by their row.
    """
    entity, found = material.entity, dict(material.found)
    text = Text(used=set(key))
    text.add(0, f"{entity.name}:")
    is_survey = entity.name == "survey_responses"
    id_column = entity.id_column.name
    marks = "score" if is_survey else id_column
    if is_survey and found.get(id_column) in key:
        del found[id_column]
    if marks in found:
        text.add(1, f"when: [{quoted(found[marks])}]")
    if id_column in found:
        text.add(1, f"{id_column}: {quoted(found[id_column])}")
        text.used.add(found[id_column])
    elif not is_survey:
        text.add(
            1,
            f'{id_column}: "{UNDECIDED}"',
            f"the raw column with the id; add `when: [that column]` above if some rows are none of "
            f"{entity.name}",
        )
    if is_survey and owner.name in CONTACTS:
        found.pop("contact_type", None)
        found.pop("contact_ref_id", None)
        text.add(1, f"contact_type: {{value: {CONTACTS[owner.name]}}}")
        columns = quoted(key[0]) if len(key) == 1 else f"{{from: [{', '.join(map(quoted, key))}]}}"
        decide = "as `key` above" if UNDECIDED in key else None
        text.add(1, f"contact_ref_id: {columns}", decide)
    _moment_of_answer(found, owner, material.sample)
    _fields(text, material, found, depth=1)
    return text


def _moment_of_answer(found: dict[str, str], owner: Entity, sample: Sample) -> None:
    """Where nothing says when the answer was given, it was given at the end of the contact."""
    if "responded_at" in found or owner.name not in CONTACTS:
        return
    moments = guess_columns(owner, sample)
    name = next((name for name in LATEST_FIRST if name in moments), None)
    if name is not None:
        found["responded_at"] = moments[name]


def _table(text: Text, material: Material) -> None:
    entity, sample, file = material.entity, material.sample, material.file
    text.add(3, f"- name: {entity.name}")
    text.add(4, f"description: One row per {GRAINS.get(entity.name, entity.name)}.")
    text.add(4, "config:")
    text.add(5, "meta:")
    suffixes = "".join(file.suffixes[-2:] if file.suffix == ".gz" else file.suffixes[-1:])
    text.add(6, f"files: {quoted('{load_date}/*' + suffixes)}")
    text.add(6, f"format: {sample.format}")
    _dialect(text, sample)
    text.add(6, f"null_tokens: [{', '.join(map(quoted, ['', *material.nulls]))}]")
    _key(text, material)
    text.add(6, "feeds:")
    text.add(7, f"{entity.name}:")
    found = {name: raw for name, raw in material.found.items() if name != entity.id_column.name}
    _fields(text, material, found, depth=8)
    if not found and entity.name != "survey_responses":
        names = ", ".join(column.name for column in entity.columns[1:])
        text.add(8, f'"{UNDECIDED}": ""', f"map raw columns to columns of {entity.name}: {names}")
    rest = [column for column in sample.columns if column not in text.used]
    personal = [name for name in rest if holds_personal(name, sample.values(name))]
    if personal:
        text.add(6, f"personal: [{', '.join(map(quoted, personal))}]")
    if rest:
        text.note(8, not_mapped(rest))
        text.note(8, "What else a row holds (a rating on a call) can feed a second entity: draft")
        text.note(8, "again with the same file and name and that entity.")


def not_mapped(columns: Iterable[str]) -> str:
    """The comment that lists the raw columns which no feed reads."""
    return NOT_MAPPED + ", ".join(map(quoted, columns))


def _fields(text: Text, material: Material, found: dict[str, str], depth: int) -> None:
    """The fields of a feed but its id, in the order of the entity."""
    taken = list(found.values())
    for column in material.entity.columns[1:]:
        if column.name in found:
            raw = found[column.name]
            text.used |= _field(text, column, raw, material, taken, depth)
        elif column.name == "score":
            offered = [
                name
                for name in numeric_columns(material.sample)
                if name not in taken and name not in text.used
            ]
            text.add(
                depth,
                f'score: "{UNDECIDED}"',
                "the raw column with the rating; numbers are in "
                f"{', '.join(map(quoted, offered[:10])) or 'no column'}",
            )
        elif column.name in DECIDED_BY_PERSONS:
            values = ", ".join(column.values)
            text.add(depth, f'{column.name}: {{value: "{UNDECIDED}"}}', f"one of {values}")


def _dialect(text: Text, sample: Sample) -> None:
    default, dialect = Dialect(), sample.dialect
    for name in ("delimiter", "encoding", "record_path"):
        value = getattr(dialect, name)
        if value != getattr(default, name):
            text.add(6, f"{name}: {quoted(value)}", sample.doubts.get(name))
    if dialect.header_rows != default.header_rows:
        text.add(6, f"header_rows: {dialect.header_rows}", sample.doubts.get("header_rows"))
    if dialect.header_from != default.header_from:
        text.add(6, f"header_from: [{', '.join(map(str, dialect.header_from))}]")


def _key(text: Text, material: Material) -> None:
    """The key, and where it repeats the version by which the latest row is known."""
    guess = material.found.get(material.entity.id_column.name)
    candidates = key_candidates(material.sample)
    repeats = guess is not None and (material.scan.repeated or guess not in candidates)
    version = _version(material) if repeats else None
    if guess is not None and (not repeats or version is not None):
        text.add(6, f"key: [{quoted(guess)}]")
        text.used.add(guess)
        if version is not None:
            raw, declared = version
            text.used.add(raw)
            text.add(
                6,
                f"version_by: {declared}",
                f"{quoted(guess)} repeats in the file: keep this if every row is a later state of "
                "its record, else extend `key`",
            )
        return
    offered = ", ".join(quoted(name) for name in candidates[:10] if name != guess)
    text.add(
        6,
        f'key: ["{UNDECIDED}"]',
        "the raw columns that make a record; different in every sampled row: "
        f"{offered or 'none; several together perhaps'}"
        + (f"; {quoted(guess)} repeats" if guess else ""),
    )


def _version(material: Material) -> tuple[str, str] | None:
    """The raw column that tells a later version of a record, and how it is declared."""
    counter = counter_column(material.sample)
    if counter is not None:
        return counter, f"{{from: {quoted(counter)}, type: integer}}"
    updated = material.found.get("updated_at")
    if updated is None:
        return None
    values = [value for value in material.sample.values(updated) if value not in material.nulls]
    candidates = moments_of(values).candidates
    formats = ", ".join(map(quoted, candidates[0])) if len(candidates) == 1 else f'"{UNDECIDED}"'
    return updated, f"{{from: {quoted(updated)}, type: timestamp, formats: [{formats}]}}"


def _field(
    text: Text,
    column: EntityColumn,
    raw: str,
    material: Material,
    taken: list[str],
    depth: int,
) -> set[str]:
    """Write one field; returns the raw columns that it uses."""
    nulls = material.nulls
    values = [value for value in material.sample.values(raw) if value not in nulls]
    if column.data_type == "timestamp":
        return _timestamp(text, column, raw, values, material.sample, taken, depth)
    if column.kind == "choice" or column.data_type == "boolean":
        _choice(text, column, raw, material, depth)
    elif column.kind == "seconds":
        unit = guess_unit(raw, values)
        if unit == "seconds":
            text.add(depth, f"{column.name}: {{from: {quoted(raw)}}}", "seconds? else add `unit`")
        else:
            text.add(depth, f"{column.name}: {{from: {quoted(raw)}, unit: {unit}}}")
    elif column.data_type == "double" and any("," in value for value in values):
        text.add(depth, f'{column.name}: {{from: {quoted(raw)}, decimal: ","}}')
    elif column.data_type == "varchar" and (
        PERSONAL_NAME.search(raw) or (column.name in PERSONAL and looks_personal(values))
    ):
        text.add(
            depth,
            f"{column.name}: {{from: {quoted(raw)}, personal: true}}",
            "looks like a name, address, number or text of a person and is hashed; false if it is "
            "none",
        )
    else:
        text.add(depth, f"{column.name}: {quoted(raw)}")
    return {raw}


def _timestamp(
    text: Text,
    column: EntityColumn,
    raw: str,
    values: list[str],
    sample: Sample,
    taken: list[str],
    depth: int,
) -> set[str]:
    parts = [raw]
    clock = time_column_for(sample, raw, taken)
    if clock is not None:
        parts.append(clock)
        joined = [
            " ".join(str(row[part]).strip() for part in parts)
            for row in sample.rows
            if all((row.get(part) or "").strip() for part in parts)
        ]
        values = joined
    moments = moments_of(values)
    text.needs_zone = text.needs_zone or moments.is_naive
    start = quoted(raw) if len(parts) == 1 else f"[{', '.join(map(quoted, parts))}]"
    if len(moments.candidates) == 1:
        formats = ", ".join(map(quoted, moments.candidates[0]))
        text.add(depth, f"{column.name}: {{from: {start}, formats: [{formats}]}}")
    else:
        offered = " or ".join(", ".join(map(quoted, formats)) for formats in moments.candidates)
        seen = quoted(values[0]) if values else "no value"
        decide = (
            f"day or month first? All values fit {offered}, for example {seen}"
            if moments.candidates
            else f"format; the sample has {seen}"
        )
        text.add(depth, f'{column.name}: {{from: {start}, formats: ["{UNDECIDED}"]}}', decide)
    return set(parts)


def _choice(text: Text, column: EntityColumn, raw: str, material: Material, depth: int) -> None:
    nulls = material.nulls
    distinct = [value for value in material.scan.values(raw) if value not in nulls]
    known = column.values or ("true", "false")
    if all(value in known for value in distinct):
        text.add(depth, f"{column.name}: {quoted(raw)}")
        return
    is_overfull = raw in material.scan.overfull
    text.add(depth, f"{column.name}:")
    text.add(depth + 1, f"from: {quoted(raw)}")
    text.add(depth + 1, "map:")
    for value in distinct[:SHOWN_VALUES] if is_overfull else distinct:
        guess = guess_choice(column, value)
        decide = None if guess else f"one of {', '.join(known)}, or null"
        text.add(depth + 2, f"{quoted(value)}: {quoted(guess or UNDECIDED)}", decide)
    if is_overfull:
        text.add(
            depth + 1,
            f'otherwise: "{UNDECIDED}"',
            f"more than {LISTED_VALUES} values in the file, {SHOWN_VALUES} of them above: what the "
            f"others are, one of {', '.join(known)}, or null; or map another column",
        )
