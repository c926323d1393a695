"""Adds lines to dbt_project.yml and to a declaration.

Works on the text, not on its data, so that comments and layout stay.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestration.draft.writing import NOT_MAPPED, Text, not_mapped, zone_line
from orchestration.errors import UsageError


@dataclass(frozen=True)
class FeedPlace:
    """Where a further feed of a declared table goes.

    Attributes:
        table: the table that the drafted file belongs to.
        owner: its own entity.
        key: its raw key columns, `???` while that is open.
        named: every text in the table's declaration.
        column: where the keys of `feeds` begin; `feeds_line` is the line of the first of them and
            `end_line` the one after the last feed, both 0-based.
        zone_at: line and column at which the source can get a zone; None when it has one.
    """

    path: Path
    content: str
    table: str
    owner: str
    key: list[str]
    named: frozenset[str]
    column: int
    feeds_line: int
    end_line: int
    zone_at: tuple[int, int] | None

    def with_feed(self, text: Text, unmapped: Sequence[str]) -> str:
        """The declaration with one more feed, its comments kept."""
        lines = self.content.splitlines()
        lines[self.end_line : self.end_line] = [" " * self.column + line for line in text.lines]
        for number in range(self.feeds_line, self.end_line):
            indent, mark, _ = lines[number].partition(f"# {NOT_MAPPED}")
            if mark and not indent.strip():
                lines[number : number + 1] = (
                    [f"{indent}# {not_mapped(unmapped)}"] if unmapped else []
                )
                break
        if text.needs_zone and self.zone_at is not None:
            line, column = self.zone_at
            zone = Text()
            zone_line(zone, 0)
            lines[line:line] = [" " * column + part for part in zone.lines]
            text.decisions += zone.decisions
        return "\n".join(lines) + "\n"


def feed_place(
    path: Path, source: str, entity: str, entities: Collection[str], columns: Collection[str]
) -> FeedPlace:
    """The place for the feed of `entity` beside those of the table that `columns` belong to.

    Raises:
        UsageError: the declaration has no such table, or the entity already.
    """
    content = path.read_text(encoding="utf-8")
    try:
        root = YAML(typ="safe", pure=True).compose(content)
    except YAMLError as error:
        raise UsageError(
            f"Expected valid YAML in {path}, found {error}: correct it, then draft again."
        ) from None
    declared = next(iter(_named(_child(root, "sources"), source)), None)
    tables: list[tuple[int, str, Node]] = []
    for table in _items(_child(declared, "tables")):
        meta = _child(_child(table, "config"), "meta")
        overlap = len(_texts(meta) & set(columns))
        if meta is not None and overlap:
            tables.append((overlap, _text(_child(table, "name")), meta))
    if not tables:
        raise UsageError(
            f"Expected a table of {path} to which the columns of the file belong, found none: give "
            "another name, or edit the file."
        )
    _, name, meta = max(tables, key=lambda found: found[0])
    feeds = _child(meta, "feeds")
    owners = [_text(key) for key, _ in feeds.value] if isinstance(feeds, MappingNode) else []
    if entity in owners:
        raise UsageError(
            f"Expected to add {entity} to the table {name} of {path}, found it there: give another "
            "name or edit the file."
        )
    if not isinstance(feeds, MappingNode) or feeds.flow_style or owners[:1] == []:
        raise UsageError(
            f"Expected `feeds:` with one entity a line in the table {name} of {path}, found "
            "another layout: add the feed by hand."
        )
    if owners[0] not in entities:
        raise UsageError(
            f"Expected an entity of {', '.join(entities)} first in `feeds:` of {path}, found "
            f"{owners[0]!r}: correct it, then draft again."
        )
    column = feeds.value[0][0].start_mark.column
    lines = content.splitlines()
    end = _last_line(feeds) + 1
    while end < len(lines) and lines[end].strip().startswith("#") and _indent(lines[end]) > column:
        end += 1
    return FeedPlace(
        path=path,
        content=content,
        table=name,
        owner=owners[0],
        key=[_text(item) for item in _items(_child(meta, "key"))],
        named=frozenset(_texts(meta)),
        column=column,
        feeds_line=feeds.value[0][0].start_mark.line,
        end_line=end,
        zone_at=_zone_place(_child(_child(declared, "config"), "meta")),
    )


def _zone_place(meta: Node | None) -> tuple[int, int] | None:
    if not isinstance(meta, MappingNode) or meta.flow_style or _child(meta, "zone") is not None:
        return None
    start = meta.value[0][0].start_mark
    return start.line, start.column


def _last_line(node: Node) -> int:
    """The last line (0-based) with content; a block's own end is only where the next begins."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    end = node.end_mark
    return int(
        end.line - 1 if isinstance(node, ScalarNode) and node.style in ("|", ">") else end.line
    )


def _texts(node: Node | None) -> set[str]:
    """Every scalar below a node."""
    if isinstance(node, MappingNode):
        return {text for pair in node.value for part in pair for text in _texts(part)}
    if isinstance(node, SequenceNode):
        return {text for item in node.value for text in _texts(item)}
    return {_text(node)} if node is not None else set()


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _named(node: Node | None, name: str) -> list[Node]:
    return [item for item in _items(node) if _text(_child(item, "name")) == name]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def registered(path: Path, entity: str, model: str) -> str | None:
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
