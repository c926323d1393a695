"""The rules of `feeds`: which raw column becomes which canonical column, and how it is typed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruamel.yaml.nodes import MappingNode, Node

from orchestration.declarations.shapes import Entity, EntityColumn, Feed, FieldSpec
from orchestration.declarations.yaml_reader import Entry, YamlReader, did_you_mean

FIELD_KEYS = (
    "from",
    "path",
    "value",
    "formats",
    "zone",
    "map",
    "otherwise",
    "unit",
    "null_tokens",
    "namespace",
    "personal",
    "required",
    "decimal",
)
NAMED_FORMATS = ("iso", "epoch_seconds", "epoch_milliseconds", "excel_serial")
UNITS = ("seconds", "minutes", "hours", "milliseconds", "clock")
# Raw columns whose name says that they hold names, addresses, numbers or texts of people.
PERSONAL_NAME = re.compile(
    r"e-?mail|phone|mobile|address|comment|description|^name$|"
    r"(first|last|full|customer|client|user|caller|requester)[ _-]?name",
    re.IGNORECASE,
)
# Keys that only mean something for one kind or type of canonical column.
ONLY_FOR = {
    "formats": "a timestamp",
    "zone": "a timestamp",
    "unit": "a duration",
    "decimal": "a number",
    "namespace": "an id",
    "personal": "a text or an id",
}


def feeds_of(reader: YamlReader, node: Node, entities: Mapping[str, Entity]) -> dict[str, Feed]:
    """The feeds of a table in their order."""
    feeds: dict[str, Feed] = {}
    for entry in (reader.entries(node, "feeds") or {}).values():
        entity = entities.get(entry.name)
        if entity is None:
            reader.add(
                entry.line,
                f"expected one of the entities {', '.join(entities)} in feeds, found "
                f"{entry.name!r}{did_you_mean(entry.name, entities)}: correct it",
            )
            continue
        feed = _feed(reader, entry, entity)
        if feed.when and not feeds:
            reader.add(
                entry.line,
                f"expected no `when` for {entry.name}, the table's own entity, found it: rows "
                "without these columns would be counted nowhere; put the entity that every row "
                "is first",
            )
        feeds[entry.name] = feed
    return feeds


def formats_of(reader: YamlReader, entries: Mapping[str, Entry]) -> tuple[str, ...]:
    """Timestamp formats, default iso; each must hold a whole date."""
    if "formats" not in entries:
        return ("iso",)
    node = entries["formats"].node
    formats = reader.text_list(node, "formats")
    for text in formats:
        problem = _format_problem(text)
        if problem:
            reader.add(entries["formats"].line, problem)
    return formats


def _format_problem(text: str) -> str | None:
    if text in NAMED_FORMATS:
        return None
    if "%" not in text:
        return (
            f"expected a format as one of {', '.join(NAMED_FORMATS)} or with strptime's "
            f"directives such as %d.%m.%Y %H:%M, found {text!r}"
            f"{did_you_mean(text, NAMED_FORMATS)}: correct it"
        )
    sample = datetime(2026, 11, 21, 17, 45, 58, 123456, tzinfo=ZoneInfo("UTC"))
    plain = text.replace("%-", "%").replace("%g", "%f")
    try:
        back = datetime.strptime(sample.strftime(plain), plain)
    except ValueError as error:
        return f"expected a readable strptime format, found {text!r} ({error}): correct it"
    if back.date() != sample.date():
        return (
            f"expected year, month and day in the format of a timestamp, found {text!r}: "
            "join the date and the time column with `from: [date column, time column]`"
        )
    if "%I" in text and "%p" not in text:
        return f"expected %p beside the 12-hour %I, found {text!r}: add %p or write %H"
    return None


def _feed(reader: YamlReader, entry: Entry, entity: Entity) -> Feed:
    known = [column.name for column in entity.columns]
    entries = reader.entries(entry.node, f"the feed of {entity.name}") or {}
    when: tuple[str, ...] = ()
    fields: dict[str, FieldSpec] = {}
    for name, item in entries.items():
        column = entity.column(name)
        if name == "when":
            when = reader.text_list(item.node, "when")
        elif column is None:
            reader.add(
                item.line,
                f"expected a column of {entity.name}, found {name!r}{did_you_mean(name, known)}: "
                "the columns stand in models/intermediate/entities/_entities__models.yml",
            )
        else:
            spec = _field(reader, item, column)
            if spec is not None:
                fields[name] = spec
    if entity.column("scale_id") is not None:
        _check_scale(reader, entry.line, fields, set(entries))
    ids = tuple(column.name for column in entity.columns if column.kind == "id")
    return Feed(entity.name, entry.line, fields, when, ids)


def _field(reader: YamlReader, entry: Entry, column: EntityColumn) -> FieldSpec | None:
    what = f"{column.name}"
    if not isinstance(entry.node, MappingNode):
        raw = reader.text(entry.node, f"{what} (`{{from: [a, b]}}` joins columns)")
        if raw is None:
            return None
        if not raw or raw != raw.strip():
            reader.add(
                entry.line,
                f"expected a raw column name without outer blanks for {what}, found {raw!r}: "
                "correct it",
            )
            return None
        refuse_undeclared(reader, entry.line, column, (raw,))
        return FieldSpec(column.name, entry.line, raw=(raw,), formats=_default_formats(column))
    keys = reader.known_entries(entry.node, what, FIELD_KEYS)
    if keys is None:
        return None
    if ("from" in keys) == ("value" in keys):
        found = "both" if "from" in keys else "neither"
        reader.add(
            entry.line,
            f"expected either `from` (raw columns) or `value` (a constant) for {what}, found "
            f"{found}: keep one",
        )
        return None
    for name, wanted in ONLY_FOR.items():
        if name in keys and not _fits(name, column):
            reader.add(
                keys[name].line,
                f"expected `{name}` only for {wanted}, found it on {what} "
                f"({column.kind or column.data_type}): remove it",
            )
    if "value" in keys:
        return _constant(reader, entry, keys, column)
    raws = reader.texts(keys["from"].node, f"from of {what}")
    if "personal" not in keys and "map" not in keys:
        refuse_undeclared(reader, entry.line, column, raws)
    mapping = _map(reader, keys["map"], column) if "map" in keys else {}
    if "otherwise" in keys and "map" not in keys:
        reader.add(
            keys["otherwise"].line,
            f"expected `otherwise` beside a `map` of {what}, found no map: add it or remove "
            "otherwise",
        )
    return FieldSpec(
        column=column.name,
        line=entry.line,
        raw=raws,
        path=_text(reader, keys, "path"),
        formats=(formats_of(reader, keys) if column.data_type == "timestamp" else ()),
        zone=zone_of(reader, keys),
        map=mapping,
        has_otherwise="otherwise" in keys,
        otherwise=(
            _canonical(reader, keys["otherwise"].node, column) if "otherwise" in keys else None
        ),
        unit=(
            reader.one_of(keys["unit"].node, f"unit of {what}", UNITS) if "unit" in keys else None
        ),
        null_tokens=(
            reader.text_list(keys["null_tokens"].node, "null_tokens")
            if "null_tokens" in keys
            else ()
        ),
        namespace=_text(reader, keys, "namespace"),
        personal="personal" in keys and reader.boolean(keys["personal"].node, "personal"),
        required="required" in keys and reader.boolean(keys["required"].node, "required"),
        decimal=(
            reader.one_of(keys["decimal"].node, "decimal", (".", ",")) or "."
            if "decimal" in keys
            else "."
        ),
    )


def refuse_undeclared(
    reader: YamlReader, line: int, column: EntityColumn, raws: Collection[str]
) -> None:
    """Refuse a text or an id of which nobody said whether it is personal.

    Text goes on to the marts as it is, so that somebody has to say that it may.
    """
    telling = [raw for raw in raws if PERSONAL_NAME.search(raw)]
    if telling and _fits("personal", column):
        reader.add(
            line,
            f"expected `personal: true` (it is hashed then) or `personal: false` for {column.name},"
            f" found neither although {telling[0]!r} says that it is of a person: write "
            f"{column.name}: {{from: {telling[0]}, personal: true}}",
        )


def _constant(
    reader: YamlReader, entry: Entry, keys: Mapping[str, Entry], column: EntityColumn
) -> FieldSpec | None:
    for name in keys:
        if name not in ("value", "namespace", "required"):
            reader.add(
                keys[name].line,
                f"expected no `{name}` beside the constant `value` of {column.name}, found it: "
                "remove one of them",
            )
    value = _canonical(reader, keys["value"].node, column)
    if value is None:
        return None
    return FieldSpec(
        column.name, entry.line, value=value, namespace=_text(reader, keys, "namespace")
    )


def _map(reader: YamlReader, entry: Entry, column: EntityColumn) -> dict[str, str | None]:
    pairs = reader.entries(entry.node, f"map of {column.name}")
    if pairs is None:
        return {}
    if isinstance(entry.node, MappingNode) and not entry.node.value:
        reader.add(
            entry.line,
            f"expected at least one raw value in the map of {column.name}, found none: add it or "
            "remove `map`",
        )
    return {
        raw: _canonical(reader, item.node, column, line=item.line) for raw, item in pairs.items()
    }


def _canonical(
    reader: YamlReader, node: Node, column: EntityColumn, line: int | None = None
) -> str | None:
    """A value of a canonical column as a constant or a map writes it; null means absent."""
    if reader.is_null(node):
        return None
    text = reader.constant(node, f"a value of {column.name}")
    if text is None:
        return None
    where = line if line is not None else reader.line_of(node)
    values = ("true", "false") if column.data_type == "boolean" else column.values
    if values and text not in values:
        reader.add(
            where,
            f"expected a value of {column.name} to be one of {', '.join(values)}, found {text!r}"
            f"{did_you_mean(text, values)}: correct it",
        )
        return None
    if column.data_type in ("double", "bigint") and not _is_number(text, column.data_type):
        reader.add(
            where, f"expected a number as value of {column.name}, found {text!r}: correct it"
        )
        return None
    if column.data_type == "timestamp":
        try:
            datetime.fromisoformat(text)
        except ValueError:
            reader.add(
                where,
                f"expected an ISO timestamp as value of {column.name}, found {text!r}: correct it",
            )
            return None
    return text


def _check_scale(
    reader: YamlReader, line: int, fields: Mapping[str, FieldSpec], named: Collection[str]
) -> None:
    """An answer is a score, a score without its scale means nothing, and scales have a type.

    `named` are the columns that the feed names, well or badly: what is wrong there is told there.
    """
    if "score" not in named:
        reader.add(
            line,
            "expected score in survey_responses, found none: say which raw column has the rating, "
            "for example score: Rating",
        )
    for name in ("survey_type", "scale_id"):
        if "score" in named and name not in named:
            reader.add(
                line,
                f"expected {name} beside score in survey_responses, found none: declare it, for "
                f"example {name}: {{value: {'csat' if name == 'survey_type' else 'csat_5'}}}",
            )
    survey_type, scale = fields.get("survey_type"), fields.get("scale_id")
    if survey_type is None or scale is None or not (survey_type.value and scale.value):
        return
    if not scale.value.startswith(f"{survey_type.value}_"):
        reader.add(
            scale.line,
            f"expected a scale of {survey_type.value}, found {scale.value!r}: correct scale_id or "
            "survey_type",
        )


def _fits(key: str, column: EntityColumn) -> bool:
    if key in ("formats", "zone"):
        return column.data_type == "timestamp"
    if key == "unit":
        return column.kind == "seconds"
    if key == "decimal":
        return column.data_type in ("double", "bigint")
    if key == "namespace":
        return column.kind == "id"
    return column.data_type == "varchar" and column.kind != "choice"


def _default_formats(column: EntityColumn) -> tuple[str, ...]:
    return ("iso",) if column.data_type == "timestamp" else ()


def _is_number(text: str, data_type: str) -> bool:
    try:
        float(text) if data_type == "double" else int(text)
    except ValueError:
        return False
    return True


def _text(reader: YamlReader, keys: Mapping[str, Entry], name: str) -> str | None:
    return reader.text(keys[name].node, name) if name in keys else None


def zone_of(reader: YamlReader, keys: Mapping[str, Entry]) -> str | None:
    """A known IANA zone; None when there is none or it is wrong."""
    name = _text(reader, keys, "zone")
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.add(
            keys["zone"].line,
            f"expected an IANA time zone such as Europe/Berlin or UTC, found {name!r}: correct it",
        )
        return None
    return name
