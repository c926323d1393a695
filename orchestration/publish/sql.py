"""SQL text that cannot be broken by a name: templates from the code, everything else quoted.

Pure text; knows no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import LiteralString, NewType

Fragment = NewType("Fragment", str)


def statement(template: LiteralString, **fragments: Fragment) -> Fragment:
    """Fill `{name}` places of a template that stands in the code with safe fragments."""
    return Fragment(template.format(**fragments))


def identifier(*parts: str) -> Fragment:
    """A quoted name, such as `"core"."fct_contacts"`."""
    return Fragment(".".join('"' + part.replace('"', '""') + '"' for part in parts))


def literal(value: str | Path) -> Fragment:
    """A quoted text."""
    return Fragment("'" + str(value).replace("'", "''") + "'")


def glob_literal(folder: Path, pattern: str) -> Fragment:
    """A quoted glob `<folder>/<pattern>` in which only the pattern's wildcards count."""
    escaped = re.sub(r"([*?\[])", r"[\1]", str(folder))
    return literal(f"{escaped}/{pattern}")


def type_name(name: str) -> Fragment:
    """The name of a type exactly as the engine itself reported it."""
    return Fragment(name)


def comma(fragments: Iterable[Fragment]) -> Fragment:
    return Fragment(", ".join(fragments))
