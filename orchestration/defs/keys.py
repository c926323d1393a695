"""Names in the asset graph: which key, group and layer a source table, dbt node or suite has.

lake → reference, staging, intermediate → core → metrics → published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from orchestration.declarations import Source, Table
from orchestration.errors import UsageError
from orchestration.quality.suites import SCHEMAS, Suite

DEFAULT_OWNER = "team:customer-service-analytics"
PUBLISHED = dg.AssetKey(["published"])
# In the order in which they are built; a later phase reads only earlier ones.
PHASES = ("staging", "core", "metrics")
FOLDERS: Mapping[str, tuple[str, str]] = {  # folder → (phase, group)
    "seeds/": ("staging", "reference"),
    "models/staging/": ("staging", "staging"),
    "models/intermediate/": ("staging", "intermediate"),
    "models/marts/core/": ("core", "core"),
    "models/marts/metrics/": ("metrics", "metrics"),
}


@dataclass(frozen=True)
class DbtTest:
    """A data test of dbt and the asset that it shows up on.

    Attributes:
        asset: a model of the phase in which the test runs.
        is_warning: whether its failure is only reported.
    """

    unique_id: str
    name: str
    phase: str
    asset: dg.AssetKey
    is_warning: bool
    description: str


def lake_key(source: str, table: str) -> dg.AssetKey:
    return dg.AssetKey(["lake", source, table])


def suite_key(suite: Suite) -> dg.AssetKey:
    """The asset that a suite is about."""
    if suite.layer == "lake":
        return lake_key(*suite.lake_table)
    return dg.AssetKey([SCHEMAS[suite.layer], suite.table])


def owner_of(source: Source) -> str:
    return owner_name(source.owner)


def owner_name(owner: str | None) -> str:
    """An owner as Dagster wants it: an e-mail address, or a team."""
    if not owner:
        return DEFAULT_OWNER
    return owner if "@" in owner or owner.startswith("team:") else f"team:{owner}"


def node_key(node: Mapping[str, Any]) -> dg.AssetKey:
    """The key of a dbt source, seed or model."""
    if node["resource_type"] == "source":
        return lake_key(node["source_name"], node["name"])
    return dg.AssetKey([node["schema"], node["name"]])


def place_of(node: Mapping[str, Any]) -> tuple[str, str]:
    """Phase and group of a seed or model, by its folder.

    Raises:
        UsageError: it lies outside the folders that make a layer.
    """
    path = str(node["original_file_path"])
    for folder, place in FOLDERS.items():
        if path.startswith(folder):
            return place
    raise UsageError(
        f"Expected dbt models below {', '.join(FOLDERS)}, found {path}: move it to its layer."
    )


def assets_of(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The seeds and models of the project."""
    for node in manifest["nodes"].values():
        is_asset = node["resource_type"] in ("model", "seed", "snapshot")
        if is_asset and node["config"].get("materialized") != "ephemeral":
            yield node


def dbt_tests_of(manifest: Mapping[str, Any]) -> list[DbtTest]:
    """The data tests, each in the phase of the last thing that it reads.

    A test that reads no table is about a macro: it says nothing on data and is left to `dbt test`.

    Raises:
        UsageError: a test that reads nothing that is built.
    """
    found = [
        _test(manifest, node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["depends_on"]["nodes"]
    ]
    return sorted(found, key=lambda test: test.unique_id)


def _test(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> DbtTest:
    nodes = manifest["nodes"]
    parents = [nodes[name] for name in node["depends_on"]["nodes"] if name in nodes]
    if not parents:
        raise UsageError(
            f"Expected a dbt test on a seed or model, found {node['name']} "
            f"({node['original_file_path']}) on something else: what arrives is checked by a suite "
            "in expectations/lake."
        )
    phase = max((place_of(parent)[0] for parent in parents), key=PHASES.index)
    last = [parent for parent in parents if place_of(parent)[0] == phase]
    # On an asset of its own phase: Dagster lets an op that checks an asset of an earlier phase
    # go past the blocking checks of that asset.
    attached = [p for p in last if p["unique_id"] == node.get("attached_node")] or last
    return DbtTest(
        unique_id=node["unique_id"],
        name=node["name"],
        phase=phase,
        asset=node_key(attached[0]),
        is_warning=str(node["config"].get("severity", "error")).lower() == "warn",
        description=node.get("description") or "",
    )


def tables_of(sources: Sequence[Source]) -> Iterator[tuple[Source, Table]]:
    return ((source, table) for source in sources for table in source.tables)


def known_keys(sources: Sequence[Source], manifest: Mapping[str, Any]) -> frozenset[dg.AssetKey]:
    """The keys of all source tables, seeds and models."""
    lake = {lake_key(table.source, table.name) for _, table in tables_of(sources)}
    return frozenset(lake | {node_key(node) for node in assets_of(manifest)})
