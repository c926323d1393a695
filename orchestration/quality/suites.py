"""The expectation suites of the repository: `expectations/<layer>/<table>.yml`, found by name.

A suite binds to its table by the name of its file and holds no ids:

    description: What this table must hold, and why.
    expectations:
      - type: expect_column_values_to_not_be_null   # the library's name, see kinds.py
        kwargs: {column: contact_id}                # the library's arguments
        severity: critical                          # critical stops the run, warning does not
        description: Without it nothing can be joined to the contact.
      - type: unexpected_rows                       # SQL: no row may come back from {batch}
        name: ended_before_started                  # check name; needed here and where two clash
        kwargs: {unexpected_rows_query: "select * from {batch} where ended_at < started_at"}
        severity: warning
        description: A clock is wrong somewhere; the row counts, its duration does not.

The check name is made from the type and its columns (`not_null_contact_id`), never from the
position, so that the history of a check survives a new one above it; where two checks would get
one name, one of them has to be given a `name`. In a query with a JOIN give `{batch}` an alias;
double a literal brace. A `row_condition` narrows a check to some rows:
`{column: channel, operator: in, value: [phone, chat]}`, operators see `kinds.OPERATORS`.

This module reads YAML only: no data, and no import of Great Expectations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Any, Literal, get_args

from orchestration.errors import UsageError
from orchestration.quality.kinds import (
    COLUMN_KEYS,
    KINDS,
    NULL_OPERATORS,
    OPERATORS,
    UNEXPECTED_ROWS,
    UNSUPPORTED,
    Kind,
    bounds_in_words,
    condition_in_words,
)

Layer = Literal["lake", "staging", "core", "metrics"]
Severity = Literal["critical", "warning"]

LAYERS: tuple[Layer, ...] = get_args(Layer)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
SCHEMAS: Mapping[Layer, str] = {"staging": "staging", "core": "core", "metrics": "marts"}
TABLE_NAMES: Mapping[Layer, re.Pattern[str]] = {
    "lake": re.compile(r"[a-z0-9]+(_[a-z0-9]+)*__[a-z0-9_]+"),
    "staging": re.compile(r"stg_[a-z0-9_]+"),
    "core": re.compile(r"(dim|fct)_[a-z0-9_]+"),
    "metrics": re.compile(r"mart_[a-z0-9_]+"),
}
TABLE_FORMS: Mapping[Layer, str] = {
    "lake": "<source>__<table>.yml",
    "staging": "stg_<source>__<entity>.yml",
    "core": "dim_<entity>.yml or fct_<event>.yml",
    "metrics": "mart_<metric family>.yml",
}
SUITE_KEYS = ("description", "expectations")
EXPECTATION_KEYS = ("type", "name", "kwargs", "severity", "description")
ARGUMENTS = {argument for kind in KINDS.values() for argument in kind.arguments}
CHECK_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class Expectation:
    """One promise about a table.

    Attributes:
        check_name: unique in its suite, letters, digits and underscores.
        type: name of the expectation in the library, one of `kinds.KINDS`.
        kwargs: its arguments in plain Python types.
        severity: a failed `critical` stops the run, a failed `warning` is reported.
        description: why the promise is made.
        line: line of the suite file, from 1.
    """

    check_name: str
    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    description: str
    line: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expectation is about."""
        return _columns(self.kwargs)

    @property
    def columns_read(self) -> tuple[str, ...]:
        """The columns that the expectation reads by name, that of its condition included."""
        condition = self.kwargs.get("row_condition")
        return (*self.columns, condition["column"]) if condition else self.columns

    @property
    def sentence(self) -> str:
        """What is expected, in words: `every score to be between 0 and 10`."""
        words: dict[str, Any] = {"name": self.check_name, "bounds": bounds_in_words(self.kwargs)}
        for key, value in self.kwargs.items():
            words[key] = ", ".join(map(str, value)) if isinstance(value, list) else value
        text = KINDS[self.type].sentence.format_map(words)
        if "mostly" in self.kwargs:
            text += f" in at least {float(self.kwargs['mostly']):.2%} of the rows"
        if "row_condition" in self.kwargs:
            text += f" where {condition_in_words(self.kwargs['row_condition'])}"
        return text


@dataclass(frozen=True)
class Suite:
    """What one table of one layer must hold.

    Attributes:
        layer: lake, staging, core or metrics.
        table: name of the suite's file without `.yml`; in the lake `<source>__<table>`.
        path: the file, relative to the project.
    """

    layer: Layer
    table: str
    description: str
    expectations: tuple[Expectation, ...]
    path: Path = Path()

    @property
    def relation(self) -> str:
        """The table for people: `core.fct_contacts`, `lake/demo_chat/chats`."""
        if self.layer == "lake":
            return "lake/{}/{}".format(*self.lake_table)
        return f"{SCHEMAS[self.layer]}.{self.table}"

    @property
    def lake_table(self) -> tuple[str, str]:
        """Source and raw table of a lake suite."""
        source, _, table = self.table.partition("__")
        return source, table

    def where(self, expectation: Expectation) -> str:
        """File and line of an expectation."""
        return f"{self.path.as_posix()}:{expectation.line}"


def load_suites(project_dir: Path) -> list[Suite]:
    """Read every suite of the project, ordered by layer and table.

    Raises:
        UsageError: every mistake in every suite, one `file:line: sentence` a line.
    """
    problems: list[str] = []
    suites: list[Suite] = []
    root = project_dir / "expectations"
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        relative = folder.relative_to(project_dir).as_posix()
        if not folder.is_dir():
            if folder.suffix in (".yml", ".yaml"):
                problems.append(
                    f"{relative}:1: Expected suites in a folder of a layer ({', '.join(LAYERS)}), "
                    "found one beside them: move it."
                )
        elif folder.name not in LAYERS:
            problems.append(
                f"{relative}:1: Expected a layer ({', '.join(LAYERS)}), found the folder "
                f"{folder.name!r}{_meant(folder.name, LAYERS)}: rename it."
            )
    for layer in LAYERS:
        for path in sorted((root / layer).glob("*.y*ml")):
            suite = _load_suite(path, path.relative_to(project_dir), layer, problems)
            if suite is not None:
                suites.append(suite)
    if problems:
        raise UsageError("\n".join(problems))
    return suites


def _load_suite(path: Path, relative: Path, layer: Layer, problems: list[str]) -> Suite | None:
    """Read one suite; mistakes are added to `problems` and make the suite None."""
    before = len(problems)

    def report(line: int, sentence: str) -> None:
        problems.append(f"{relative.as_posix()}:{line}: {sentence}")

    if path.suffix != ".yml" or not TABLE_NAMES[layer].fullmatch(path.stem):
        report(
            1,
            f"Expected a file name like {TABLE_FORMS[layer]} in expectations/{layer}, "
            f"found {path.name}: rename it after the table.",
        )
        return None
    document = _read_yaml(path, report)
    if document is None:
        return None
    if not isinstance(document, dict):
        report(1, "Expected `description:` and `expectations:`, found no mapping: write both.")
        return None
    for key in document:
        if key not in SUITE_KEYS:
            report(
                _line(document, key),
                f"Expected only {', '.join(SUITE_KEYS)} here, found "
                f"{str(key)!r}{_meant(str(key), SUITE_KEYS)}: correct or remove it.",
            )
    description = _text(document, "description", 1, report)
    entries = document.get("expectations")
    if not isinstance(entries, list) or not entries:
        report(
            _line(document, "expectations"),
            "Expected a list with at least one expectation under `expectations:`, "
            "found none: write one or remove the file.",
        )
        return None
    expectations: list[Expectation] = []
    for index, entry in enumerate(entries):
        line = _line(entries, index)
        expectation = _expectation(entry, line, report)
        if expectation is None:
            continue
        for other in expectations:
            if (expectation.type, expectation.kwargs) == (other.type, other.kwargs):
                report(line, f"Expected each check once, found that of line {other.line} again.")
                break
            if expectation.check_name == other.check_name:
                report(
                    line,
                    f"Expected one check named {expectation.check_name!r}, found another in line "
                    f"{other.line}: give this one a `name:` of its own.",
                )
                break
        else:
            expectations.append(expectation)
    if len(problems) > before:
        return None
    return Suite(layer, path.stem, description, tuple(expectations), relative)


def _expectation(entry: Any, line: int, report: Any) -> Expectation | None:
    """Read one entry of a suite; None when it holds a mistake."""
    failed = False

    def refuse(at: int, sentence: str) -> None:
        nonlocal failed
        failed = True
        report(at, sentence)

    if not isinstance(entry, dict):
        refuse(line, "Expected an expectation with `type:` and `kwargs:`, found a plain value.")
        return None
    for key in entry:
        if key in EXPECTATION_KEYS:
            continue
        hint = _meant(str(key), EXPECTATION_KEYS)
        if not hint and key in ARGUMENTS:
            hint = ", which belongs under `kwargs:`"
        refuse(
            _line(entry, key),
            f"Expected only {', '.join(EXPECTATION_KEYS)} in an expectation, found "
            f"{str(key)!r}{hint}: correct or remove it.",
        )
    name: Any = entry.get("type")
    if name not in KINDS:
        refuse(_line(entry, "type", line), _unknown_type(name))
        return None
    kind = KINDS[name]
    kwargs = _plain(entry.get("kwargs", {}))
    if not isinstance(kwargs, dict):
        refuse(_line(entry, "kwargs", line), "Expected a mapping under `kwargs:`, found a value.")
        return None
    for sentence, key in _kwargs_mistakes(name, kind, kwargs):
        given = entry.get("kwargs")
        at = _line(given, key, line) if isinstance(given, dict) else line
        refuse(at, sentence)
    severity: Any = entry.get("severity")
    if severity not in SEVERITIES:
        found = "none" if severity is None else repr(str(severity))
        refuse(
            _line(entry, "severity", line),
            f"Expected severity critical or warning, found {found}"
            f"{_meant(str(severity), SEVERITIES)}: say whether a failure stops the run.",
        )
    description = _text(entry, "description", line, refuse)
    given_name = entry.get("name")
    if given_name is None and name == UNEXPECTED_ROWS:
        refuse(line, "Expected a `name:` for a check by query, found none: name what it finds.")
    if given_name is not None and not CHECK_NAME.fullmatch(str(given_name)):
        refuse(
            _line(entry, "name", line),
            f"Expected letters, digits and underscores in `name:`, found {str(given_name)!r}.",
        )
    if failed:
        return None
    check_name = str(given_name) if given_name is not None else _check_name(kind, kwargs)
    return Expectation(check_name, name, kwargs, severity, description, line)


def _kwargs_mistakes(name: str, kind: Kind, kwargs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The mistakes in the arguments of an expectation: sentence and the argument it is at."""
    allowed = kind.arguments
    for key in kwargs:
        if key not in allowed:
            yield (
                f"Expected only {', '.join(allowed)} for {name}, found "
                f"{str(key)!r}{_meant(str(key), allowed)}: correct or remove it.",
                key,
            )
    for key in kind.required:
        if kwargs.get(key) is None:
            yield f"Expected {key} for {name}, found none: add it under `kwargs:`.", key
    if kind.is_bounded and kwargs.get("min_value") is None and kwargs.get("max_value") is None:
        yield f"Expected min_value or max_value for {name}, found neither: add one.", "min_value"
    for key in ("column", "column_A", "column_B", "unexpected_rows_query"):
        if kwargs.get(key) is not None and not isinstance(kwargs[key], str):
            yield f"Expected text for {key}, found {kwargs[key]!r}: quote it.", key
    for key in ("column_list", "column_set", "value_set"):
        value = kwargs.get(key)
        if value is not None and not (isinstance(value, list) and value):
            yield f"Expected a list for {key}, found {value!r}: write it as [a, b].", key
    mostly = kwargs.get("mostly")
    if mostly is not None and not (
        isinstance(mostly, int | float) and not isinstance(mostly, bool) and 0 < mostly <= 1
    ):
        yield f"Expected a share above 0 and up to 1 for mostly, found {mostly!r}.", "mostly"
    if "row_condition" in kwargs and not _is_condition(kwargs["row_condition"]):
        yield (
            "Expected row_condition as {column: …, operator: …, value: …} with an operator of "
            f"{', '.join(OPERATORS)}, found {kwargs['row_condition']!r}: correct it.",
            "row_condition",
        )
    query = kwargs.get("unexpected_rows_query")
    if isinstance(query, str):
        try:
            fields = {field for _, field, _, _ in Formatter().parse(query) if field is not None}
        except ValueError:
            fields = set()
        if fields != {"batch"}:
            yield (
                "Expected {batch} and no other placeholder in unexpected_rows_query, found "
                f"{', '.join(sorted(fields)) or 'none'}: select from {{batch}} and double every "
                "literal brace.",
                "unexpected_rows_query",
            )


def _is_condition(condition: Any) -> bool:
    if not isinstance(condition, dict) or not isinstance(condition.get("column"), str):
        return False
    operator = condition.get("operator")
    if operator in NULL_OPERATORS:
        return condition.keys() == {"column", "operator"}
    if operator not in OPERATORS or condition.keys() != {"column", "operator", "value"}:
        return False
    value = condition["value"]
    return value is not None and isinstance(value, list) == (operator in ("in", "not in"))


def _check_name(kind: Kind, kwargs: Mapping[str, Any]) -> str:
    """`not_null_contact_id`: the kind and its columns, in the characters that a name may have."""
    words = "_".join((kind.short, *_columns(kwargs)))
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _columns(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for key in COLUMN_KEYS:
        value = kwargs.get(key)
        if isinstance(value, list):
            found.extend(str(item) for item in value)
        elif value is not None:
            found.append(str(value))
    return tuple(found)


def _unknown_type(name: Any) -> str:
    if name is None:
        return "Expected `type:` in an expectation, found none: name the expectation."
    if name in UNSUPPORTED:
        return (
            f"Expected an expectation that DuckDB can compute, found {name!r}, which needs "
            f"{UNSUPPORTED[name]}: use {UNEXPECTED_ROWS} with a query."
        )
    if name == "unexpected_rows_expectation":
        return f"Expected the type {UNEXPECTED_ROWS!r} for a check by query, found {name!r}."
    return (
        f"Expected one of the expectations in orchestration/quality/kinds.py, found "
        f"{str(name)!r}{_meant(str(name), tuple(KINDS))}: correct the type."
    )


def _meant(found: str, known: tuple[str, ...]) -> str:
    """`, did you mean 'x'` for a near miss, else nothing."""
    close = get_close_matches(found, known, n=1)
    return f", did you mean {close[0]!r}" if close else ""


def _text(mapping: Any, key: str, line: int, report: Any) -> str:
    value = mapping.get(key)
    if not isinstance(value, str) or not value.strip():
        report(_line(mapping, key, line), f"Expected a `{key}:` in words, found none: say why.")
        return ""
    return " ".join(value.split())


def _line(node: Any, key: Any, default: int = 1) -> int:
    """Line of a key or item in its file, from 1."""
    try:
        positions: Any = node.lc
        position = positions.key(key) if isinstance(node, dict) else positions.item(key)
        return int(position[0]) + 1
    except (AttributeError, KeyError, IndexError, TypeError):
        return default


def _plain(value: Any) -> Any:
    """A YAML value in plain Python types, without the positions that the reader attaches."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime):
        return datetime.fromisoformat(value.isoformat())
    if isinstance(value, date):
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return str(value)


def _read_yaml(path: Path, report: Any) -> Any:
    """The document with positions, or None after reporting why it cannot be read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="rt").load(path.read_text(encoding="utf-8")) or {}
    except (YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = getattr(error, "problem", None) or "text that is no UTF-8 YAML"
        first = str(problem).strip().splitlines()[0]
        report(mark.line + 1 if mark else 1, f"Expected readable YAML, found: {first}.")
        return None
