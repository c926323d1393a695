"""The registry says of every metric where it is, and that has to be true."""

from __future__ import annotations

import csv
import re

import pytest
from ruamel.yaml import YAML

from orchestration.settings import PROJECT_DIR

SEEDS = PROJECT_DIR / "seeds" / "reference"
METRICS = list(csv.DictReader((SEEDS / "metric_registry.csv").open(encoding="utf-8")))
MARTS = {
    model["name"]: {column["name"] for column in model["columns"]}
    for path in sorted((PROJECT_DIR / "models" / "marts" / "metrics").rglob("_*__models.yml"))
    for model in YAML(typ="safe").load(path)["models"]
    if model["name"].startswith("mart_")
}


def names(text: str) -> set[str]:
    return set(re.findall(r"[a-z][a-z0-9_]+", text))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric["metric_id"])
def test_every_registered_metric_names_columns_that_exist(metric: dict[str, str]) -> None:
    columns = MARTS[metric["mart"]]
    used = names(metric["numerator_column"]) | names(metric["denominator_column"])
    used |= {metric["rate_column"]} | names(metric["interval_columns"])
    assert used <= columns
    assert all(metric[key] for key in ("name", "definition", "formula", "owner", "exclusions"))


def parent(mart: str) -> str | None:
    """The mart that a summary adds up."""
    name = mart.removesuffix("_summary")
    return name if name != mart and name in MARTS else None


def test_every_mart_has_a_registered_headline() -> None:
    # A summary is registered through its mart: a row of its own would say the same definition
    # twice, and one day two different ones.
    assert {metric["mart"] for metric in METRICS} == {mart for mart in MARTS if not parent(mart)}


@pytest.mark.parametrize("mart", [mart for mart in MARTS if parent(mart)])
def test_a_summary_holds_the_metrics_of_its_mart_under_the_same_names(mart: str) -> None:
    columns = MARTS[mart]
    assert columns < MARTS[str(parent(mart))]
    for metric in METRICS:
        if metric["mart"] == parent(mart):
            used = names(metric["numerator_column"]) | names(metric["denominator_column"])
            assert used | {metric["rate_column"]} | names(metric["interval_columns"]) <= columns
