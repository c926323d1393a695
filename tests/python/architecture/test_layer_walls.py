"""The walls between the layers: who may read what. Held here, not by good will."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from orchestration.settings import PROJECT_DIR

MODELS = PROJECT_DIR / "models"
READS = re.compile(r"""\b(ref|source)\(\s*['"]([^'"]+)['"]""")
ALL = sorted([*MODELS.rglob("*.sql"), *MODELS.rglob("*.py")])
SEEDS = {path.stem for path in (PROJECT_DIR / "seeds").rglob("*.csv")}
LAYER_OF = {path.stem: path.relative_to(MODELS).parts[0] for path in ALL}
LAYER_OF |= {
    path.stem: "/".join(path.relative_to(MODELS).parts[:2])
    for path in ALL
    if path.is_relative_to(MODELS / "marts")
}
MAY_READ = {
    "staging": set(),
    "intermediate": {"staging", "intermediate", "seeds"},
    "marts/core": {"staging", "intermediate", "marts/core", "seeds"},
    "marts/metrics": {"marts/core", "marts/metrics", "seeds"},
}
PURE = ("declarations", "demo", "draft", "erasure", "ingest", "metrics", "publish", "quality")


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_model_reads_only_what_its_layer_may(path: Path) -> None:
    layer = LAYER_OF[path.stem]
    for kind, name in READS.findall(path.read_text(encoding="utf-8")):
        if kind == "ref" and not name.endswith("_"):
            target = "seeds" if name in SEEDS else LAYER_OF.get(name)
            assert target in MAY_READ[layer], f"{path.stem} of {layer} reads {name} of {target}"
        if kind == "source":
            assert layer == "staging", f"{path.stem} reads a source"


def test_days_are_kept_after_all_verdicts() -> None:
    """A table of verdicts that is new has all days built anew, those built before it again."""
    reads = {
        path.stem: {name for _, name in READS.findall(path.read_text(encoding="utf-8"))}
        for path in ALL
    }
    by_day = [
        path.stem
        for path in (MODELS / "intermediate").rglob("*.sql")
        if "materialized='by_day'" in path.read_text(encoding="utf-8")
    ]
    assert "int_contact_attempts" in by_day
    for model in by_day:
        above, found = {model}, set[str]()
        while above := {name for one in above for name in reads.get(one, set())} - found:
            found |= above
        assert "int_lake_counts" in found, f"{model} may be built before int_lake_counts"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_model_says_its_grain_first_and_reads_no_clock(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    grain = ("-- One row",) if path.suffix == ".sql" else ('"""One row', "# One row")
    assert text.startswith(grain), f"{path.name} must begin with its grain"
    assert not re.search(r"\b(current_(date|timestamp)|now\(|today\()", text), path.name


@pytest.mark.parametrize("package", PURE)
def test_pure_packages_never_import_dagster_or_the_environment(package: str) -> None:
    for path in (PROJECT_DIR / "orchestration" / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                assert not name.startswith(("dagster", "orchestration.defs")), f"{path}: {name}"
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                raise AssertionError(f"{path} reads the environment")


def mart_models() -> list[tuple[str, dict]]:
    found = []
    for path in (MODELS / "marts").rglob("_*__models.yml"):
        for model in YAML(typ="safe").load(path)["models"]:
            found.append((model["name"], model))
    return found


def test_every_mart_and_every_column_is_described_and_typed() -> None:
    models = dict(mart_models())
    assert set(models) == {path.stem for path in ALL if path.is_relative_to(MODELS / "marts")}
    documented = set(
        re.findall(r"{% docs (\w+) %}", (MODELS / "marts/_marts__docs.md").read_text("utf-8"))
    )
    for name, model in models.items():
        assert len(model["description"]) > 20, name
        for column in model["columns"]:
            place = f"{name}.{column['name']}"
            description = column.get("description", "")
            assert column.get("data_type"), place
            reference = re.fullmatch(r"{{ doc\('(\w+)'\) }}", description)
            assert (reference[1] in documented) if reference else len(description) > 5, place


def test_only_macros_hold_the_dialect_of_an_engine() -> None:
    """Words that DuckDB knows and other engines do not."""
    dialect = re.compile(
        r"\b(epoch_us|strptime|read_parquet|regexp_matches|list_|struct_pack|unnest|qualify|"
        r"exclude|union all by name|date_diff|make_timestamp|isodow|getvariable|lateral)\b"
    )
    for path in MODELS.rglob("*.sql"):
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        assert not dialect.search(text), f"{path.name}: {dialect.search(text)}"
