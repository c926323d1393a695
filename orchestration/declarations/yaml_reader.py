"""YAML with line numbers, read so that every mistake becomes a `Problem` instead of an exception.

Knows YAML and sentences; knows nothing about sources. Scalars are read as dbt reads them: where
dbt would see something else than the text that was typed (`yes`, `010`), quotes are asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestration.declarations.shapes import Problem

# What a drafted declaration writes where only a person can decide.
UNDECIDED = "???"
NO_TEXTS = ("yes", "no", "true", "false", "on", "off", "null")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """` (did you mean …?)` when a known word is close, else nothing."""
    lowered = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return f" (did you mean {lowered[close[0]]!r}?)" if close else ""


@dataclass(frozen=True)
class Entry:
    """A key of a mapping: its line and its value."""

    name: str
    line: int
    node: Node


@dataclass
class YamlReader:
    """Typed access to the nodes of one file; collects problems instead of raising."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def load(self) -> Node | None:
        """The root node; None (with a problem) when the file is not YAML."""
        try:
            text = self.path.read_text(encoding="utf-8")
            root: Node | None = YAML(typ="safe", pure=True).compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.add(
                mark.line + 1 if mark else 1,
                f"expected valid YAML, found {error.problem or 'an error'}: correct this line",
            )
            return None
        except (YAMLError, UnicodeDecodeError) as error:
            self.add(1, f"expected valid YAML in UTF-8, found {error}: correct the file")
            return None
        return root

    def add(self, line: int, sentence: str) -> None:
        """Record a problem; the sentence starts in lower case and has no full stop."""
        self.problems.append(Problem(self.path, line, f"{sentence[0].upper()}{sentence[1:]}."))

    @staticmethod
    def line_of(node: Node) -> int:
        return int(node.start_mark.line) + 1

    def entries(self, node: Node, what: str) -> dict[str, Entry] | None:
        """The keys of a mapping in order; a repeated key is a problem."""
        if not isinstance(node, MappingNode):
            self.add(
                self.line_of(node),
                f"expected {what} as a mapping (`key: value`), found {_kind(node)}: "
                "correct the indentation or the value",
            )
            return None
        found: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            name = self.text(key_node, f"a key of {what}")
            if name is None:
                continue
            if name in found:
                self.add(
                    self.line_of(key_node),
                    f"expected {name!r} once in {what}, found it again (first on line "
                    f"{found[name].line}): remove one",
                )
                continue
            found[name] = Entry(name, self.line_of(key_node), value_node)
        return found

    def known_entries(
        self, node: Node, what: str, known: Collection[str], required: Collection[str] = ()
    ) -> dict[str, Entry] | None:
        """The keys of a mapping; unknown and missing ones are problems."""
        found = self.entries(node, what)
        if found is None:
            return None
        for entry in found.values():
            if entry.name not in known:
                self.add(
                    entry.line,
                    f"expected one of {', '.join(known)} in {what}, found {entry.name!r}"
                    f"{did_you_mean(entry.name, known)}: correct or remove it",
                )
        for name in required:
            if name not in found:
                self.add(self.line_of(node), f"expected {name!r} in {what}, found none: add it")
        return {name: entry for name, entry in found.items() if name in known}

    def items(self, node: Node, what: str) -> list[Node]:
        """The items of a list; a problem and nothing when it is none."""
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.add(
            self.line_of(node), f"expected {what} as a list, found {_kind(node)}: write [a, b]"
        )
        return []

    def text(self, node: Node, what: str) -> str | None:
        """A text; an unquoted scalar that dbt would not read as this text is a problem."""
        if not isinstance(node, ScalarNode):
            self.add(
                self.line_of(node), f"expected {what} as text, found {_kind(node)}: correct it"
            )
            return None
        text = str(node.value)
        if text == UNDECIDED:
            self.add(
                self.line_of(node),
                f"expected a decision for {what}, found {UNDECIDED} from the draft: write what the "
                "comment beside it asks for",
            )
            return None
        if node.style is None and str(_as_dbt_reads(text)) != text:
            self.add(
                self.line_of(node),
                f"expected {what} as text, found {text or 'nothing'} without quotes, which dbt "
                f"reads as {_as_dbt_reads(text)!r}: put it in quotes",
            )
            return None
        return text

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """One text or a list of texts."""
        nodes = node.value if isinstance(node, SequenceNode) else [node]
        found = [self.text(item, what) for item in nodes]
        return tuple(text for text in found if text is not None)

    def text_list(self, node: Node, what: str) -> tuple[str, ...]:
        """A list of texts, where one text alone would be taken letter by letter by the macros."""
        found = [self.text(item, what) for item in self.items(node, what)]
        return tuple(text for text in found if text is not None)

    def integer(self, node: Node, what: str, minimum: int) -> int | None:
        value = self._plain(node)
        if isinstance(value, int) and not isinstance(value, bool) and value >= minimum:
            return value
        self.add(
            self.line_of(node),
            f"expected {what} as a whole number of at least {minimum}, found {_kind(node)}",
        )
        return None

    def share(self, node: Node, what: str) -> float | None:
        value = self._plain(node)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self.add(self.line_of(node), f"expected {what} as a number in 0…1, found {_kind(node)}")
        return None

    def boolean(self, node: Node, what: str) -> bool:
        value = self._plain(node)
        if not isinstance(value, bool):
            self.add(self.line_of(node), f"expected {what} as true or false, found {_kind(node)}")
            return False
        return value

    def one_of(self, node: Node, what: str, known: Collection[str]) -> str | None:
        text = self.text(node, what)
        if text is None or text in known:
            return text
        self.add(
            self.line_of(node),
            f"expected {what} to be one of {', '.join(known)}, found {text!r}"
            f"{did_you_mean(text, known)}: correct it",
        )
        return None

    def is_null(self, node: Node) -> bool:
        """Whether it is YAML's null (`null`, `~` or nothing)."""
        return isinstance(node, ScalarNode) and node.style is None and self._plain(node) is None

    def constant(self, node: Node, what: str) -> str | None:
        """A text, where `true` and `false` without quotes stand for themselves."""
        if self._plain(node) in (True, False) and node.value in ("true", "false"):
            return str(node.value)
        return self.text(node, what)

    def _plain(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            return node
        return str(node.value) if node.style is not None else _as_dbt_reads(str(node.value))


@cache
def _as_dbt_reads(text: str) -> Any:
    """The value of an unquoted scalar in YAML 1.1 as dbt's parser has it (`y` and `n` are text)."""
    # What begins with a letter is text, but for a few words; a parser for each takes a millisecond.
    if text[:1].isalpha() and text.lower() not in NO_TEXTS:
        return text
    parser = YAML(typ="safe", pure=True)
    parser.version = (1, 1)
    try:
        return parser.load(text)
    except YAMLError:
        return text


def _kind(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    return repr(str(node.value)) if node.value != "" else "nothing"
