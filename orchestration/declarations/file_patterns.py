"""The `files` template of a source table: which delivered file belongs to which load date.

Pure text work: looks at no file and no setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile

PLACEHOLDER = re.compile(r"\{load_date(?::(?P<format>[^{}]*))?\}")
DIRECTIVES = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{2}",
    "%d": r"\d{2}",
    "%j": r"\d{3}",
    "%H": r"\d{2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%b": r"[A-Za-z]{3}",
    "%%": "%",
}


@dataclass(frozen=True)
class FilePattern:
    """A compiled `files` template; `formats` are the date formats in the order of their groups."""

    template: str
    expression: re.Pattern[str]
    formats: tuple[str, ...]

    def load_date_of(self, relative_path: str) -> date | None:
        """The load date in a path below the source's inbox folder, or None when it is not ours."""
        found = self.expression.fullmatch(relative_path)
        if found is None:
            return None
        try:
            moment = datetime.strptime("\n".join(found.groups()), "\n".join(self.formats))
        except ValueError:
            return None
        return moment.date()


def fixed_folder(template: str, load_date: date) -> str:
    """The part of the path that all files of a load date share, so that only it is searched."""
    dated = PLACEHOLDER.sub(
        lambda found: load_date.strftime(
            found["format"] if found["format"] is not None else "%Y-%m-%d"
        ),
        template,
    )
    folders = dated.split("/")[:-1]
    return "/".join(takewhile(lambda folder: "*" not in folder and "?" not in folder, folders))


def compile_pattern(template: str) -> FilePattern:
    """Compile a `files` template such as `{load_date}/*.csv` or `calls_{load_date:%Y%m%d}.csv`.

    `*` and `?` do not cross a slash and do not match a leading dot, `**/` matches any folders.

    Raises:
        ValueError: the sentence says what is wrong with the template.
    """
    if template.startswith("/") or ".." in template.split("/"):
        raise ValueError(
            f"expected a pattern below the source's inbox folder, found {template!r}: "
            "write it without a leading slash and without `..`"
        )
    groups: dict[str, int] = {}
    parts: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(template):
        parts.append(_glob_expression(template[end : found.start()]))
        date_format = found["format"] if found["format"] is not None else "%Y-%m-%d"
        if date_format in groups:
            parts.append(f"(?P=date_{groups[date_format]})")
        else:
            groups[date_format] = len(groups)
            parts.append(f"(?P<date_{groups[date_format]}>{_date_expression(date_format)})")
        end = found.end()
    rest = template[end:]
    parts.append(_glob_expression(rest))
    if not groups:
        raise ValueError(
            f"expected `{{load_date}}` somewhere in `files`, found {template!r}: "
            'say where the load date stands, for example "{load_date}/*.csv" '
            'or "export_{load_date:%Y%m%d}.csv"'
        )
    if "{" in rest or any("{" in part for part in PLACEHOLDER.split(template)[::2]):
        raise ValueError(
            f"expected only `{{load_date}}` between braces, found {template!r}: remove the others"
        )
    formats = tuple(groups)
    _refuse_incomplete_date(template, formats)
    return FilePattern(template, re.compile("".join(parts), re.DOTALL), formats)


def _refuse_incomplete_date(template: str, formats: tuple[str, ...]) -> None:
    sample = date(2026, 11, 21)
    joined = "\n".join(formats)
    try:
        back = datetime.strptime(sample.strftime(joined), joined).date()
    except (ValueError, re.error):
        back = None
    if back != sample:
        raise ValueError(
            f"expected year, month and day once each in the `{{load_date}}` of `files`, found "
            f"{template!r}: write for example {{load_date:%Y%m%d}}"
        )


def _date_expression(date_format: str) -> str:
    parts = []
    for piece in re.findall(r"%.|[^%]+|%", date_format):
        if piece.startswith("%") and piece not in DIRECTIVES:
            known = ", ".join(sorted(DIRECTIVES))
            raise ValueError(
                f"expected one of {known} in the `{{load_date:…}}` of `files`, found {piece!r}"
            )
        parts.append(DIRECTIVES.get(piece, re.escape(piece)))
    return "".join(parts)


def _glob_expression(text: str) -> str:
    parts = []
    for piece in re.findall(r"\*\*/|\*+|\?|[^*?]+", text):
        if piece == "**/":
            parts.append(r"(?:(?!\.)[^/]+/)*")
        elif piece == "*":
            parts.append(r"(?:(?<![^/])(?!\.)|(?<=[^/]))[^/]*")
        elif piece.startswith("*"):
            parts.append(".*")
        elif piece == "?":
            parts.append("[^/]")
        else:
            parts.append(re.escape(piece))
    return "".join(parts)
