"""A small built warehouse, and ways to break a copy of it."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from orchestration.settings import Settings

FIRST, SECOND, THIRD = date(2017, 10, 1), date(2017, 10, 2), date(2017, 10, 3)


def copy_home(settings: Settings, target: Path) -> Settings:
    """A home of its own with the same content."""
    shutil.copytree(settings.home, target, symlinks=True)
    return replace(settings, home=target)


def with_suite(settings: Settings, folder: Path, suite: str, text: str) -> Settings:
    """The same project with one suite replaced: `suite` is `<layer>/<table>.yml`."""
    folder.mkdir()
    for path in settings.project_dir.iterdir():
        if path.name in ("models", "macros", "seeds", "tests", "dbt_project.yml", "profiles.yml"):
            (folder / path.name).symlink_to(path)
    shutil.copytree(settings.project_dir / "expectations", folder / "expectations")
    (folder / "expectations" / suite).write_text(text, encoding="utf-8")
    return replace(settings, project_dir=folder)


def rewrite_chats(settings: Settings, day: date, change: Callable[[dict[str, str]], None]) -> None:
    """Change every row of the chat export of a day in place."""
    path = settings.inbox / "demo_chat" / day.isoformat() / "chats.csv"
    text = path.read_text(encoding="utf-8-sig")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    rows = [row for row in reader if None not in row and None not in row.values()]
    for row in rows:
        change(row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def published_version(settings: Settings) -> str:
    return (settings.published / "current").readlink().name
