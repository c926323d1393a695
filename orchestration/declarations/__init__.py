"""Sources are declared, not programmed: reads and checks the declarations of a project.

A declaration is a dbt sources file below models/staging; the canonical entities that it may name
stand in models/intermediate/entities/_entities__models.yml. Reads files of the checkout only; no
data, no environment, no dbt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from ruamel.yaml.nodes import Node, SequenceNode

from orchestration.declarations.rules import sources_of
from orchestration.declarations.shapes import (
    Dialect,
    Entity,
    EntityColumn,
    Feed,
    FieldSpec,
    Problem,
    Source,
    Table,
    Version,
)
from orchestration.declarations.variables import check_variables
from orchestration.declarations.yaml_reader import YamlReader
from orchestration.errors import UsageError

__all__ = [
    "ENTITIES_FILE",
    "PROJECT_FILE",
    "STAGING_FOLDER",
    "Dialect",
    "Entity",
    "EntityColumn",
    "Feed",
    "FieldSpec",
    "Problem",
    "Source",
    "Table",
    "Version",
    "check_sources",
    "find_table",
    "load_entities",
    "load_sources",
    "registered_models",
]

ENTITIES_FILE = Path("models/intermediate/entities/_entities__models.yml")
STAGING_FOLDER = Path("models/staging")
PROJECT_FILE = Path("dbt_project.yml")
SHOWN_PROBLEMS = 20
HOLDS_SOURCES = re.compile(r"^sources\s*:", re.MULTILINE)


def load_entities(project_dir: Path) -> dict[str, Entity]:
    """The canonical entities by name (`tickets`, `chats`, …), in the order of the file.

    Raises:
        UsageError: the file is missing or cannot be read.
    """
    path = project_dir / ENTITIES_FILE
    if not path.is_file():
        raise UsageError(
            f"Expected the canonical entities in {path}, found no such file: run in a checkout."
        )
    reader = YamlReader(path)
    root = reader.load()
    entities: dict[str, Entity] = {}
    models = reader.entries(root, "the file") if root is not None else None
    for node in reader.items(models["models"].node, "models") if models else []:
        model = reader.entries(node, "a model") or {}
        name = reader.text(model["name"].node, "name") or ""
        columns = []
        for item in reader.items(model["columns"].node, "columns"):
            column = _entity_column(reader, item)
            if column is not None:
                columns.append(column)
        entity = name.removeprefix("int_").removesuffix("_versioned")
        entities[entity] = Entity(entity, tuple(columns))
    if reader.problems:
        raise UsageError(_told(reader.problems))
    return entities


def load_sources(project_dir: Path) -> list[Source]:
    """All declared sources, sorted by name.

    Raises:
        UsageError: lists the problems, one a line, each with file and line.
    """
    sources, problems = _read(project_dir)
    if problems:
        raise UsageError(_told(problems))
    return sources


def check_sources(project_dir: Path, name: str | None = None) -> list[Problem]:
    """What is wrong with the declarations, or with the one of the source `name`.

    Raises:
        UsageError: no source of that name.
    """
    sources, problems = _read(project_dir)
    if name is None:
        return problems
    paths = {source.path for source in sources if source.name == name}
    paths |= {path for path in _sources_files(project_dir) if path.parent.name == name}
    if not paths:
        known = ", ".join(source.name for source in sources) or "none"
        raise UsageError(
            f"Expected a declared source, found no {name!r} below {project_dir / STAGING_FOLDER}: "
            f"declared are {known}."
        )
    return [problem for problem in problems if problem.path in paths]


def find_table(sources: list[Source], source: str, table: str) -> Table:
    """The declared table.

    Raises:
        UsageError: it is not declared.
    """
    for candidate in (each for item in sources for each in item.tables):
        if (candidate.source, candidate.name) == (source, table):
            return candidate
    known = ", ".join(f"{item.name}.{each.name}" for item in sources for each in item.tables)
    raise UsageError(
        f"Expected a declared table, found {source}.{table}: declared are {known or 'none'}."
    )


def registered_models(project_dir: Path) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """The staging models of each entity (`vars: entities:` of dbt_project.yml)."""
    registered, problems = _registered_lines(project_dir)
    return {entity: tuple(models) for entity, models in registered.items()}, problems


def _registered_lines(project_dir: Path) -> tuple[dict[str, dict[str, int]], list[Problem]]:
    """Entity to staging model to its line in dbt_project.yml."""
    path = project_dir / PROJECT_FILE
    reader = YamlReader(path)
    if not path.is_file():
        reader.add(1, "expected dbt_project.yml with `vars: entities:`, found no file: add it")
        return {}, reader.problems
    root = reader.load()
    top = reader.entries(root, "the file") if root is not None else None
    variables = reader.entries(top["vars"].node, "vars") if top and "vars" in top else None
    check_variables(reader, variables or {})
    if not variables or "entities" not in variables:
        reader.add(1, "expected `vars: entities:` with the staging models, found none: add it")
        return {}, reader.problems
    found: dict[str, dict[str, int]] = {}
    for entry in (reader.entries(variables["entities"].node, "vars entities") or {}).values():
        found[entry.name] = {}
        nodes = entry.node.value if isinstance(entry.node, SequenceNode) else [entry.node]
        for node in nodes if not reader.is_null(entry.node) else []:
            model = reader.text(node, f"models of {entry.name}")
            if model is not None:
                found[entry.name].setdefault(model, reader.line_of(node))
    return found, reader.problems


def _read(project_dir: Path) -> tuple[list[Source], list[Problem]]:
    entities = load_entities(project_dir)
    registered, problems = _registered_lines(project_dir)
    sources: list[Source] = []
    for path in _sources_files(project_dir):
        reader = YamlReader(path)
        root = reader.load()
        if root is not None:
            for source in sources_of(reader, root, entities):
                _check_models(reader, source, registered)
                twin = next((other for other in sources if other.name == source.name), None)
                if twin is not None:
                    reader.add(
                        source.line,
                        f"expected the source {source.name!r} once, found it again (first in "
                        f"{twin.path}:{twin.line}): rename one; a shared `namespace` joins their "
                        "ids",
                    )
                sources.append(source)
        problems += reader.problems
    known = {path.stem for path in (project_dir / STAGING_FOLDER).rglob("*.sql")}
    for entity, models in registered.items():
        for model, line in models.items():
            if model not in known:
                message = (
                    f"Expected the models of {entity} in `vars: entities:` to be files below "
                    f"models/staging, found no {model}.sql: add the file or remove the entry."
                )
                problems.append(Problem(project_dir / PROJECT_FILE, line, message))
    sources.sort(key=lambda source: source.name)
    return sources, problems


def _sources_files(project_dir: Path) -> list[Path]:
    """Every YAML file below models/staging that is named a sources file or holds `sources:`."""
    found = []
    for path in sorted((project_dir / STAGING_FOLDER).rglob("*.y*ml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.stem.endswith("__sources") or HOLDS_SOURCES.search(text):
            found.append(path)
    return found


def _check_models(
    reader: YamlReader, source: Source, registered: Mapping[str, Collection[str]]
) -> None:
    """Each feed needs its staging model, and the model a place in its entity's union."""
    for table in source.tables:
        for feed in table.feeds.values():
            model = f"stg_{source.name}__{feed.entity}"
            path = reader.path.parent / f"{model}.sql"
            call = f"{{{{ stage('{source.name}', '{table.name}', '{feed.entity}') }}}}"
            if not path.is_file():
                reader.add(
                    feed.line,
                    f"expected the staging model {path}, found none: write it with the line {call}",
                )
            elif not _mentions(path, source.name, table.name):
                reader.add(
                    feed.line,
                    f"expected {path} to read the table {source.name}.{table.name}, found no "
                    f"mention of it: write {call} or a union with it",
                )
            if model not in registered.get(feed.entity, ()):
                reader.add(
                    feed.line,
                    f"expected {model} under `vars: entities: {feed.entity}:` of dbt_project.yml, "
                    "found none: add it",
                )


def _mentions(path: Path, source: str, table: str) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    quoted = (f"'{source}'", f'"{source}"'), (f"'{table}'", f'"{table}"')
    return all(any(word in text for word in words) for words in quoted)


def _entity_column(reader: YamlReader, node: Node) -> EntityColumn | None:
    entries = reader.entries(node, "a column")
    if not entries:
        return None
    kind: str | None = None
    values: tuple[str, ...] = ()
    if "config" in entries:
        config = reader.entries(entries["config"].node, "config") or {}
        meta = (reader.entries(config["meta"].node, "meta") or {}) if "meta" in config else {}
        kind = reader.text(meta["kind"].node, "kind") if "kind" in meta else None
        values = reader.texts(meta["values"].node, "values") if "values" in meta else ()
    texts = {
        name: reader.text(entries[name].node, name) or ""
        for name in ("name", "data_type", "description")
        if name in entries
    }
    return EntityColumn(
        name=texts.get("name", ""),
        data_type=texts.get("data_type", "varchar"),
        kind=kind,
        values=values,
        description=texts.get("description", ""),
    )


def _told(problems: list[Problem]) -> str:
    shown = [str(problem) for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        shown.append(f"… and {len(problems) - SHOWN_PROBLEMS} more problems.")
    return "\n".join(shown)
