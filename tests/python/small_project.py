"""Copies of a part of the project, for tests of what a run does whatever the tables are.

Where it stops, what it leaves, what it publishes. Whatever the marts of the part read is there as
it is in the checkout, with its tests and suites.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import PROJECT_DIR

# What macros look up by name when a change is followed.
LOOKED_UP = ("int_members_seen", "int_source_horizons", "int_lake_counts", "int_as_of")


@dataclass(frozen=True)
class Part:
    """What is kept: sources, canonical entities, and the marts with all that they read."""

    sources: tuple[str, ...]
    entities: tuple[str, ...]
    marts: tuple[str, ...]


# A run takes a third of the time.
CONTACTS = Part(
    ("demo_crm", "demo_chat", "demo_phone", "demo_helpdesk", "demo_survey"),
    ("customers", "agents", "tickets", "chats", "calls", "survey_responses"),
    (
        *(f"mart_{name}" for name in ("csat", "ces", "nps", "fcr", "abandonment")),
        *(f"mart_{name}_summary" for name in ("csat", "ces", "fcr", "abandonment")),
    ),
)
# Four tables, kept in every way of following the lake but by the ledger of contacts: some seconds.
FEWEST = Part(
    ("demo_billing", "demo_crm", "demo_helpcentre", "demo_shop", "demo_survey"),
    ("answer_uses", "carts", "customers", "payments", "survey_invitations"),
    ("mart_survey_response", "mart_answers", "fct_carts", "fct_payments"),
)
REFERENCE = re.compile(r"ref\(\s*'(\w+)'")
STAGED = re.compile(r"stage\('(\w+)', '(\w+)'")


def make_small_project(target: Path, part: Part = CONTACTS) -> Path:
    """Write the copy to a new folder and return it."""
    target.mkdir(parents=True)
    for name in ("macros", "seeds", "profiles.yml"):
        (target / name).symlink_to(PROJECT_DIR / name)
    for name in ("models", "expectations", "tests/dbt"):
        shutil.copytree(PROJECT_DIR / name, target / name)
    content = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    content["vars"]["entities"] = {
        entity: [
            name for name in models if name.split("__")[0].removeprefix("stg_") in part.sources
        ]
        for entity, models in content["vars"]["entities"].items()
        if entity in part.entities
    }
    (target / "dbt_project.yml").write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")

    staged = [name for models in content["vars"]["entities"].values() for name in models]
    entities = [
        f"int_{entity}_{kind}" for entity in part.entities for kind in ("versioned", "verdicts")
    ]
    kept = _closure(target / "models", [*part.marts, *LOOKED_UP, *entities, *staged])
    tables = {
        "__".join(found)
        for path in (target / "models" / "staging").rglob("*.sql")
        if path.stem in kept
        for found in STAGED.findall(path.read_text(encoding="utf-8"))
    }
    for path in (target / "models").rglob("*.*"):
        if path.suffix in (".sql", ".py") and path.stem not in kept:
            path.unlink()
    for path in (target / "models").rglob("*.yml"):
        _keep_properties(path, kept)
    known = kept | {path.stem for path in (target / "seeds").rglob("*.csv")}
    for path in (target / "tests" / "dbt").rglob("*.sql"):
        if not set(REFERENCE.findall(path.read_text(encoding="utf-8"))) <= known:
            path.unlink()
    _keep_sources(target / "models" / "staging", part, tables)
    for path in (target / "expectations").rglob("*.yml"):
        if path.stem not in kept | tables | known:
            path.unlink()
    return target


def _closure(models: Path, wanted: list[str]) -> set[str]:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in models.rglob("*.sql")}
    kept: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in texts and name not in kept:
            kept.add(name)
            waiting += REFERENCE.findall(texts[name])
    return kept


def _keep_properties(path: Path, kept: set[str]) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if "sources" in content:
        return
    content = {
        "version": 2,
        "models": [m for m in content.get("models", []) if m["name"] in kept],
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _keep_sources(staging: Path, part: Part, tables: set[str]) -> None:
    for folder in [path for path in staging.iterdir() if path.is_dir()]:
        if folder.name not in part.sources:
            shutil.rmtree(folder)
            continue
        path = folder / f"_{folder.name}__sources.yml"
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        removed = 0
        for source in content["sources"]:
            declared = source["tables"]
            source["tables"] = [t for t in declared if f"{source['name']}__{t['name']}" in tables]
            removed += len(declared) - len(source["tables"])
        if removed:
            path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
