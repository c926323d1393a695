"""Drafts the declaration of a new source from one of its files (`cx source draft`).

Writes a sources file and a staging model and registers the model; never overwrites. What only a
person can decide is written as `???` with a comment, which `cx source check` refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestration.declarations import PROJECT_FILE, STAGING_FOLDER, load_entities
from orchestration.declarations.shapes import Dialect, Entity, EntityColumn
from orchestration.declarations.yaml_reader import UNDECIDED, did_you_mean
from orchestration.draft.guessing import (
    SHOWN_VALUES,
    distinct_values,
    guess_choice,
    guess_columns,
    guess_unit,
    key_candidates,
    looks_personal,
    moments_of,
    time_column_for,
)
from orchestration.draft.sniffing import Sample, quoted, sniff
from orchestration.errors import UsageError

NULL_WORDS = ("-", "--", "?", "n/a", "na", "null", "none", "#n/a", "nan", "\\n")
GRAINS = {
    "tickets": "ticket version",
    "chats": "chat",
    "calls": "call",
    "survey_responses": "answer to a survey question",
    "customers": "customer",
    "agents": "agent",
}


@dataclass(frozen=True)
class Draft:
    """What was drafted.

    Attributes:
        name: the source.
        written: new files, and dbt_project.yml when the model was registered in it.
        decisions: what a person has to decide, one sentence each.
    """

    name: str
    entity: str
    written: tuple[Path, ...]
    decisions: tuple[str, ...]


@dataclass
class Text:
    """The lines of the declaration and the decisions that they leave open."""

    lines: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    needs_zone: bool = False

    def add(self, depth: int, text: str, decide: str | None = None) -> None:
        comment = f"   # DECIDE: {decide}" if decide else ""
        if decide:
            self.decisions.append(f"{text.split(':')[0].strip(' -')}: {decide}")
        self.lines.append("  " * depth + text + comment)

    def note(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + f"# {text}")


def draft_source(project_dir: Path, file: Path, entity: str, name: str | None = None) -> Draft:
    """Draft the declaration of the source that `file` comes from.

    Args:
        entity: the canonical entity that its rows are.
        name: name of the source; default is made from the file's name.

    Raises:
        UsageError: no such file or entity, a name that is none, or files that exist already.
        DataError: the file cannot be read.
    """
    entities = load_entities(project_dir)
    if entity not in entities:
        raise UsageError(
            f"Expected an entity of {', '.join(entities)}, found {entity!r}"
            f"{did_you_mean(entity, entities)}."
        )
    if not file.is_file():
        raise UsageError(f"Expected a file to draft from, found none at {file}: correct the path.")
    source = name if name is not None else _name_from(file)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", source):
        raise UsageError(
            "Expected the name of the source in lower case letters, digits and underscores, found "
            f"{source!r}: give another one."
        )
    folder = project_dir / STAGING_FOLDER / source
    declaration = folder / f"_{source}__sources.yml"
    model = folder / f"stg_{source}__{entity}.sql"
    for path in (declaration, model):
        if path.exists():
            raise UsageError(
                f"Expected to draft a new source, found {path}: give another name or edit the file."
            )
    sample = sniff(file)
    text = _declaration(source, entities[entity], sample, file)
    project_file = project_dir / PROJECT_FILE
    registered = _registered(project_file, entity, model.stem)
    folder.mkdir(parents=True, exist_ok=True)
    declaration.write_text("\n".join(text.lines) + "\n", encoding="utf-8")
    model.write_text(
        f"-- One row per delivered {GRAINS.get(entity, entity)}.\n"
        f"{{{{ stage('{source}', '{entity}', '{entity}') }}}}\n",
        encoding="utf-8",
    )
    written = [declaration, model]
    if registered is not None:
        project_file.write_text(registered, encoding="utf-8")
        written.append(project_file)
    return Draft(source, entity, tuple(written), tuple(text.decisions))


def _declaration(source: str, entity: Entity, sample: Sample, file: Path) -> Text:
    found = guess_columns(entity, sample)
    body = Text()
    _table(body, entity, sample, file, found)
    head = Text()
    head.add(0, "version: 2")
    head.lines.append("")
    head.add(0, "sources:")
    head.add(1, f"- name: {source}")
    head.add(2, f"description: {quoted(f'Drafted from {file.name}; say what it is.')}")
    head.add(2, "config:")
    head.add(3, "meta:")
    head.add(4, "owner: customer-service-analytics")
    if body.needs_zone:
        head.add(
            4,
            f'zone: "{UNDECIDED}"',
            "IANA time zone of timestamps without one, for example UTC or Europe/Berlin",
        )
    head.add(4, f"namespace: {source}")
    head.note(5, "sources of one company that share ids share the namespace")
    head.add(2, "tables:")
    return Text(head.lines + body.lines, head.decisions + body.decisions)


def _table(text: Text, entity: Entity, sample: Sample, file: Path, found: dict[str, str]) -> None:
    text.add(3, f"- name: {entity.name}")
    text.add(4, f"description: One row per {GRAINS.get(entity.name, entity.name)}.")
    text.add(4, "config:")
    text.add(5, "meta:")
    suffixes = "".join(file.suffixes[-2:] if file.suffix == ".gz" else file.suffixes[-1:])
    text.add(6, f"files: {quoted('{load_date}/*' + suffixes)}")
    text.add(6, f"format: {sample.format}")
    _dialect(text, sample)
    nulls = sorted(
        {
            value
            for column in sample.columns
            for value in sample.values(column)
            if value.casefold() in NULL_WORDS
        }
    )
    text.add(6, f"null_tokens: [{', '.join(map(quoted, ['', *nulls]))}]")
    _key(text, entity, sample, found)
    text.add(6, "feeds:")
    text.add(7, f"{entity.name}:")
    taken = list(found.values())
    used = set(taken)
    for column in entity.columns[1:]:
        if column.name in found:
            used |= _field(text, column, found[column.name], sample, nulls, taken)
        elif column.name in ("survey_type", "scale_id"):
            values = ", ".join(column.values)
            text.add(8, f'{column.name}: {{value: "{UNDECIDED}"}}', f"one of {values}")
    if not found.keys() - {entity.id_column.name}:
        names = ", ".join(column.name for column in entity.columns[1:])
        text.add(8, f'"{UNDECIDED}": ""', f"map raw columns to columns of {entity.name}: {names}")
    rest = [column for column in sample.columns if column not in used]
    if rest:
        text.note(8, "Not mapped: " + ", ".join(map(quoted, rest)))


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


def _key(text: Text, entity: Entity, sample: Sample, found: dict[str, str]) -> None:
    candidates = key_candidates(sample)
    guess = found.get(entity.id_column.name)
    if guess in candidates:
        text.add(6, f"key: [{quoted(guess)}]")
        return
    offered = ", ".join(map(quoted, candidates[:10])) or "none; several together perhaps"
    text.add(
        6,
        f'key: ["{UNDECIDED}"]',
        "the raw columns that make a record; different in every sampled row: "
        f"{offered}" + (f"; {quoted(guess)} repeats" if guess else ""),
    )


def _field(
    text: Text,
    column: EntityColumn,
    raw: str,
    sample: Sample,
    nulls: list[str],
    taken: list[str],
) -> set[str]:
    """Write one field; returns the raw columns that it uses."""
    values = [value for value in sample.values(raw) if value not in nulls]
    if column.data_type == "timestamp":
        return _timestamp(text, column, raw, values, sample, taken)
    if column.kind == "choice" or column.data_type == "boolean":
        _choice(text, column, raw, values)
    elif column.kind == "seconds":
        unit = guess_unit(raw, values)
        if unit == "seconds":
            text.add(8, f"{column.name}: {{from: {quoted(raw)}}}", "seconds? else add `unit`")
        else:
            text.add(8, f"{column.name}: {{from: {quoted(raw)}, unit: {unit}}}")
    elif column.data_type == "double" and any("," in value for value in values):
        text.add(8, f'{column.name}: {{from: {quoted(raw)}, decimal: ","}}')
    elif column.data_type == "varchar" and column.name in PERSONAL and looks_personal(values):
        text.add(
            8,
            f"{column.name}: {{from: {quoted(raw)}, personal: true}}",
            "looks like a name, address or number of a person and is hashed; remove `personal` "
            "if it is none",
        )
    else:
        text.add(8, f"{column.name}: {quoted(raw)}")
    return {raw}


PERSONAL = ("customer_id", "agent_id")


def _timestamp(
    text: Text, column: EntityColumn, raw: str, values: list[str], sample: Sample, taken: list[str]
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
        text.add(8, f"{column.name}: {{from: {start}, formats: [{formats}]}}")
    else:
        offered = " or ".join(", ".join(map(quoted, formats)) for formats in moments.candidates)
        seen = quoted(values[0]) if values else "no value"
        decide = (
            f"day or month first? All values fit {offered}, for example {seen}"
            if moments.candidates
            else f"format; the sample has {seen}"
        )
        text.add(8, f'{column.name}: {{from: {start}, formats: ["{UNDECIDED}"]}}', decide)
    return set(parts)


def _choice(text: Text, column: EntityColumn, raw: str, values: list[str]) -> None:
    distinct = distinct_values(values)
    known = column.values or ("true", "false")
    if all(value in known for value in distinct):
        text.add(8, f"{column.name}: {quoted(raw)}")
        return
    text.add(8, f"{column.name}:")
    text.add(9, f"from: {quoted(raw)}")
    if len(distinct) > SHOWN_VALUES:
        text.note(
            9, f"{len(distinct)} values in the sample, the {SHOWN_VALUES} most frequent below"
        )
    text.add(9, "map:")
    for value in distinct[:SHOWN_VALUES]:
        guess = guess_choice(column, value)
        decide = None if guess else f"one of {', '.join(known)}, or null"
        text.add(10, f"{quoted(value)}: {quoted(guess or UNDECIDED)}", decide)


def _name_from(file: Path) -> str:
    stem = file.name.split(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")
    name = re.sub(r"^\d+_?", "", name)
    return name or "source"


def _registered(path: Path, entity: str, model: str) -> str | None:
    """The text of dbt_project.yml with the model under its entity; None when it is there already.

    Works on the text, not on its data, so that comments and layout stay.
    """
    if not path.is_file():
        raise UsageError(f"Expected {path} with `vars: entities:`, found no file: add it first.")
    content = path.read_text(encoding="utf-8")
    root = YAML(typ="safe", pure=True).compose(content)
    entities = _child(_child(root, "vars"), "entities")
    if not isinstance(entities, MappingNode):
        raise UsageError(
            f"Expected `vars: entities:` in {path}, found none: add it, then draft again."
        )
    lines = content.splitlines(keepends=True)
    node = _child(entities, entity)
    if node is None:
        key = entities.value[0][0].start_mark
        indent = " " * key.column
        lines.insert(key.line, f"{indent}{entity}:\n{indent}  - {model}\n")
        return "".join(lines)
    items = node.value if isinstance(node, SequenceNode) else []
    if any(isinstance(item, ScalarNode) and item.value == model for item in items):
        return None
    if isinstance(node, SequenceNode) and not node.flow_style:
        last = items[-1].start_mark
        indent = " " * (last.column - 2)
        if not lines[last.line].endswith("\n"):
            lines[last.line] += "\n"
        lines.insert(last.line + 1, f"{indent}- {model}\n")
        return "".join(lines)
    if isinstance(node, SequenceNode):
        written = ", ".join([*(item.value for item in items), model])
        return f"{content[: node.start_mark.index]}[{written}]{content[node.end_mark.index :]}"
    line = next(key.start_mark for key, _ in entities.value if key.value == entity)
    lines.insert(line.line + 1, f"{' ' * line.column}  - {model}\n")
    return "".join(lines)


def _child(node: Node | None, name: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)
