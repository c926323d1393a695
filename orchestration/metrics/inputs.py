"""What a mart is made of, and what of that no source delivers.

Reads the text of the models, the declared entities and the names in the lake. A manifest of dbt
would say the same, but is not there before the first build.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import yaml

from orchestration.settings import Settings

REF = re.compile(r"""\bref\(\s*['"]([^'"]+)['"]""")
STAGE = re.compile(r"""\bstage\w*\(\s*['"]([^'"]+)['"],\s*['"]([^'"]+)['"]""")
ENTITY = re.compile(r"int_(\w+)_versioned")
SHOWN_ENTITIES = 3


@dataclass(frozen=True)
class Inputs:
    """The models of the project, and the deliveries of an installation."""

    settings: Settings

    def entities_of(self, model: str) -> list[str]:
        """The canonical entities that a model is made of, the nearest first."""
        seen = {model}
        level = [model]
        found = []
        while level:
            found += [match[1] for name in level if (match := ENTITY.fullmatch(name))]
            read = (other for name in level for other in REF.findall(self._texts.get(name, "")))
            level = [name for name in dict.fromkeys(read) if name not in seen]
            seen.update(level)
        return found

    def why_nothing(self, model: str, needs: str = "") -> str:
        """What a mart without a value lacks; what it needs where all that feeds it is there."""
        entities = self.entities_of(model)
        told: dict[str, list[str]] = {}
        for entity in entities:
            if problem := self._problem(entity):
                told.setdefault(problem, []).append(entity)
        if told:
            return "; ".join(f"{problem} {_some(names)}" for problem, names in told.items())
        if needs:
            return f"needs {needs}"
        return f"of the delivered {_some(entities)} nothing counts for it" if entities else ""

    def _problem(self, entity: str) -> str:
        models = self._staging.get(entity, [])
        if not models:
            return "no source feeds"
        return "" if any(map(self._is_delivered, models)) else "nothing is delivered of"

    def _is_delivered(self, model: str) -> bool:
        text = self._texts.get(model, "")
        folders = (self.settings.lake / "/".join(found) for found in STAGE.findall(text))
        return any(next(folder.glob("load_date=*"), None) is not None for folder in folders)

    @cached_property
    def _texts(self) -> dict[str, str]:
        models = self.settings.project_dir / "models"
        paths = [*models.rglob("*.sql"), *models.rglob("*.py")]
        return {path.stem: path.read_text(encoding="utf-8") for path in paths}

    @cached_property
    def _staging(self) -> dict[str, list[str]]:
        """Staging models by entity."""
        path = self.settings.project_dir / "dbt_project.yml"
        # The parser in C, where there is one: the other takes longer than all the rest.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        entities = yaml.load(path.read_text(encoding="utf-8"), loader)["vars"]["entities"]
        return {name: list(models or ()) for name, models in entities.items()}


def _some(names: list[str]) -> str:
    more = "" if len(names) <= SHOWN_ENTITIES else f" and {len(names) - SHOWN_ENTITIES} more"
    return ", ".join(names[:SHOWN_ENTITIES]) + more
