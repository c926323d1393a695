"""Files in the inbox that no table claims, each with the pattern that it was perhaps meant for.

Reads names only; never imports dagster.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from orchestration.declarations import Source
from orchestration.settings import Settings

SHOWN_FILES = 5
DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
PLACEHOLDER = re.compile(r"\{load_date[^{}]*\}")


def warnings_of(settings: Settings, sources: Sequence[Source]) -> list[str]:
    """A sentence for each of the first such files, and one for how many there are besides.

    Raises:
        DataError: a folder of the inbox cannot be listed.
    """
    from orchestration.ingest import unclaimed_files

    files = unclaimed_files(settings, sources)
    told = [_sentence(settings, sources, path) for path in files[:SHOWN_FILES]]
    if len(files) > SHOWN_FILES:
        told.append(
            f"{len(files) - SHOWN_FILES} more files in {settings.inbox} belong to no declared "
            "table: `cx status` counts them."
        )
    return told


def _sentence(settings: Settings, sources: Sequence[Source], path: Path) -> str:
    from orchestration.ingest.inbox import shown

    name = path.relative_to(settings.inbox).as_posix()
    start = (
        f"Expected every file in {settings.inbox} to belong to a declared table, found "
        f"{shown(Path(name))}: "
    )
    nearest = nearest_pattern(sources, name)
    if nearest is None:
        return f"{start}declare its source with `cx source draft`, or remove it."
    return f"{start}nearest is {nearest}; rename it, or correct `files` of that table."


def nearest_pattern(sources: Sequence[Source], name: str) -> str | None:
    """`<source>/<files>` of the table whose pattern is most like a name in the inbox, if any is.

    Of a declared source only its own patterns count.
    """
    folder = name.split("/", 1)[0]
    own = [source for source in sources if source.name == folder]
    patterns = {
        PLACEHOLDER.sub("DATE", pattern): pattern
        for source in own or sources
        for table in source.tables
        for pattern in [f"{source.name}/{table.files}"]
    }
    wanted = DATE.sub("DATE", name)
    found = get_close_matches(wanted, patterns, n=1, cutoff=0.0 if own else 0.6)
    return patterns[found[0]] if found else None
