"""Drafts the declaration of a new source from one of its files (`cx source draft`).

Writes a sources file and a staging model and registers the model; what stands there is only added
to, never overwritten. What only a person can decide is written as `???` with a comment, which
`cx source check` refuses.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from orchestration.declarations import PROJECT_FILE, STAGING_FOLDER, load_entities
from orchestration.declarations.yaml_reader import did_you_mean
from orchestration.draft.project_text import feed_place, registered
from orchestration.draft.sniffing import sniff
from orchestration.draft.writing import (
    GRAINS,
    further_feed,
    material_of,
    new_declaration,
)
from orchestration.errors import UsageError


@dataclass(frozen=True)
class Draft:
    """What was drafted.

    Attributes:
        name: the source.
        written: new and changed files, the declaration first; dbt_project.yml when the model was
            registered in it.
        decisions: what a person has to decide, one sentence each.
        unmapped: raw columns of the file that the declaration does not read.
        hint: how the unmapped columns can feed a second entity; None when there are none.
    """

    name: str
    entity: str
    written: tuple[Path, ...]
    decisions: tuple[str, ...]
    unmapped: tuple[str, ...] = ()
    hint: str | None = None


def draft_source(project_dir: Path, file: Path, entity: str, name: str | None = None) -> Draft:
    """Draft the declaration of the source that `file` comes from.

    Called again for the same source with another entity, it adds that entity as a further feed of
    the table that the file belongs to.

    Args:
        entity: the canonical entity that its rows are, or that is a part of them.
        name: name of the source; default is made from the file's name.

    Raises:
        UsageError: no such file or entity, a name that is none, a file that holds no records, or
            an entity that is declared already.
        DataError: the file cannot be read.
    """
    entities = load_entities(project_dir)
    if entity not in entities:
        raise UsageError(
            f"Expected an entity of {', '.join(entities)}, found {entity!r}"
            f"{did_you_mean(entity, entities)}."
        )
    if not file.is_file():
        raise UsageError(f"Expected a file to draft from, found none at {file}: correct the path.")
    source = name if name is not None else _name_from(file)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", source):
        raise UsageError(
            "Expected the name of the source in lower case letters, digits and underscores, found "
            f"{source!r}: give another one."
        )
    folder = project_dir / STAGING_FOLDER / source
    declaration = folder / f"_{source}__sources.yml"
    model = folder / f"stg_{source}__{entity}.sql"
    if model.exists():
        raise UsageError(
            f"Expected to draft a new model, found {model}: give another name or edit the file."
        )
    sample = sniff(file)
    material = material_of(entities[entity], file, sample)
    if declaration.exists():
        place = feed_place(declaration, source, entity, entities, sample.columns)
        table = place.table
        text = further_feed(material, entities[place.owner], place.key)
        unmapped = [name for name in sample.columns if name not in text.used | place.named]
        content = place.with_feed(text, unmapped)
    else:
        table = entity
        text = new_declaration(source, material)
        unmapped = [name for name in sample.columns if name not in text.used]
        content = "\n".join(text.lines) + "\n"
    project_file = project_dir / PROJECT_FILE
    project_text = registered(project_file, entity, model.stem)
    folder.mkdir(parents=True, exist_ok=True)
    declaration.write_text(content, encoding="utf-8")
    model.write_text(
        f"-- One row per delivered {GRAINS.get(entity, entity)}.\n"
        f"{{{{ stage('{source}', '{table}', '{entity}') }}}}\n",
        encoding="utf-8",
    )
    written = [declaration, model]
    if project_text is not None:
        project_file.write_text(project_text, encoding="utf-8")
        written.append(project_file)
    return Draft(
        name=source,
        entity=entity,
        written=tuple(written),
        decisions=tuple(text.decisions),
        unmapped=tuple(unmapped),
        hint=_hint(file, source, entity) if unmapped else None,
    )


def _hint(file: Path, source: str, entity: str) -> str:
    other = "agents" if entity == "survey_responses" else "survey_responses"
    return (
        "If a row also holds something else, such as a rating on a call, run `cx source draft "
        f"{shlex.quote(str(file))} --name {source} --entity {other}` (or another entity): it adds "
        "a second entry under `feeds`, a second staging model and its line in dbt_project.yml."
    )


def _name_from(file: Path) -> str:
    stem = file.name.split(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")
    name = re.sub(r"^\d+_?", "", name)
    return name or "source"
