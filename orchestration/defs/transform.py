"""The dbt project as assets, cut by layer; each layer is one `dbt build` inside the process."""

# No postponed annotations: Dagster wants the type of `context` itself.
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from orchestration.dbt_runner import NodeOutcome, failure_of
from orchestration.defs.keys import (
    PHASES,
    DbtTest,
    assets_of,
    dbt_tests_of,
    node_key,
    owner_name,
    place_of,
)
from orchestration.defs.results import check_results
from orchestration.defs.session import SESSION, step
from orchestration.quality.outcomes import Outcome
from orchestration.quality.suites import Severity
from orchestration.run_session import RunSession
from orchestration.settings import Settings

DBT_TESTS = "dbt_tests"


class Translator(DagsterDbtTranslator):
    """Our keys, groups and owners; the meaning of a model instead of its SQL as description."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return node_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        is_source = dbt_resource_props["resource_type"] == "source"
        return "lake" if is_source else place_of(dbt_resource_props)[1]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description") or "")

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        meta = dbt_resource_props.get("config", {}).get("meta") or {}
        return [owner_name(meta.get("owner"))]

    def get_partition_mapping(
        self,
        dbt_resource_props: Mapping[str, Any],
        dbt_parent_resource_props: Mapping[str, Any],
    ) -> dg.PartitionMapping | None:
        # A staging view reads all load dates. Told so, Dagster makes a list of every day since
        # CX_START_DATE for each source table in each run, sees that it is long, and drops it.
        is_source = dbt_parent_resource_props["resource_type"] == "source"
        return dg.LastPartitionMapping() if is_source else None


def transform_assets(manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """One multi-asset a phase: seeds with staging and intermediate models, core, metrics."""
    # Without source metadata: the ingest assets describe the same keys better.
    translator = Translator(DagsterDbtTranslatorSettings(enable_source_metadata=False))
    tests = dbt_tests_of(manifest)
    found = []
    for phase in PHASES:
        nodes = [node for node in assets_of(manifest) if place_of(node)[0] == phase]
        if nodes:
            found.append(
                _phase_asset(
                    phase,
                    [translator.get_asset_spec(manifest, n["unique_id"], None) for n in nodes],
                    {n["unique_id"]: n for n in nodes},
                    {test.unique_id: test for test in tests if test.phase == phase},
                )
            )
    return found


def _phase_asset(
    phase: str,
    specs: Sequence[dg.AssetSpec],
    nodes: Mapping[str, Mapping[str, Any]],
    tests: Mapping[str, DbtTest],
) -> dg.AssetsDefinition:
    # They all block: a result of severity WARN lets the run go on.
    checks = [
        dg.AssetCheckSpec(
            DBT_TESTS,
            asset=asset,
            description="The data tests of dbt that are complete with this table.",
            blocking=True,
        )
        for asset in dict.fromkeys(test.asset for test in tests.values())
    ]
    # Dagster wants to hear of a table after those that it reads; some are not built, but settled.
    reads = {name: node["depends_on"].get("nodes", ()) for name, node in nodes.items()}
    places = {name: place for place, name in enumerate(TopologicalSorter(reads).static_order())}
    keys = {_name(test): dg.AssetCheckKey(test.asset, DBT_TESTS) for test in tests.values()}

    @dg.multi_asset(
        name=f"build_{phase}",
        specs=specs,
        check_specs=checks,
        can_subset=True,
        required_resource_keys={SESSION},
    )
    def build(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        session: RunSession = context.resources.session
        models = [n for n in nodes.values() if node_key(n) in context.selected_asset_keys]
        chosen = {
            test.name
            for test in tests.values()
            if keys[_name(test)] in context.selected_asset_check_keys
        }
        names = [*(node["name"] for node in models), *sorted(chosen)]
        events: list[dg.MaterializeResult | dg.AssetCheckResult] = []
        failed: dg.Failure | None = None
        try:
            with step(session, f"build {phase}") as running:
                outcomes = session.dbt.build(names, lambda outcome: running.note(outcome.name))
                built = [o for o in outcomes if o.unique_id in nodes and o.is_success]
                built.sort(key=lambda outcome: places[outcome.unique_id])
                tested = [o for o in outcomes if o.unique_id in tests and not o.is_skipped]
                running.detail = _detail(built, tested)
                checked = [_check_outcome(phase, o, tests[o.unique_id]) for o in tested]
                session.add_outcomes(checked)
                rows = count_rows(session.settings, [nodes[o.unique_id] for o in built])
                events += [_materialization(nodes[o.unique_id], o, rows) for o in built]
                events += check_results(keys, checked)
                failure = failure_of(outcomes)
                if failure is not None:
                    raise failure
        except dg.Failure as error:
            failed = error
        yield from events
        if failed is not None:
            raise failed

    return build


def count_rows(settings: Settings, nodes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Rows by unique id of the nodes that are tables; a view would have to be computed.

    Of tables that are kept by day the warehouse has written down how many rows each file has.
    """
    import duckdb

    tables = [node for node in nodes if node["config"].get("materialized") != "view"]
    if not tables:
        return {}
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        stored = connection.execute(
            "SELECT schema_name, table_name, NULL FROM duckdb_tables() UNION ALL "
            "SELECT table_schema, table_name, sum(rows_count)::BIGINT "
            "FROM intermediate.day_files GROUP BY ALL"
        ).fetchall()
        known = {(schema, name): rows for schema, name, rows in stored}
        found = {}
        for node in tables:
            name = (node["schema"], node["alias"])
            rows = known.get(name, 0)
            if rows is None:
                relation = connection.table(f'"{name[0]}"."{name[1]}"')
                row = relation.count("*").fetchone()
                rows = int(row[0]) if row else 0
            found[node["unique_id"]] = rows
    return found


def _materialization(
    node: Mapping[str, Any], outcome: NodeOutcome, rows: Mapping[str, int]
) -> dg.MaterializeResult:
    metadata: dict[str, Any] = {"seconds": round(outcome.seconds, 3)}
    if outcome.unique_id in rows:
        metadata["dagster/row_count"] = rows[outcome.unique_id]
    return dg.MaterializeResult(asset_key=node_key(node), metadata=metadata)


def _name(test: DbtTest) -> tuple[str, str]:
    """Table and name of the outcome of a test."""
    return test.asset.path[-1], test.name


def _check_outcome(phase: str, outcome: NodeOutcome, test: DbtTest) -> Outcome:
    """A dbt test as a line in the record of checks, like those of the suites."""
    severity: Severity = "warning" if test.is_warning or outcome.status == "warn" else "critical"
    passed = outcome.status == "pass"
    table, name = _name(test)
    return Outcome(
        layer=phase,
        table=table,
        check_name=name,
        expectation_type="dbt_test",
        column=None,
        severity=severity,
        success=passed,
        unexpected_count=outcome.failures,
        message="" if passed else f"{outcome.message.rstrip('.')} — see {outcome.path}.",
    )


def _detail(built: Sequence[NodeOutcome], tested: Sequence[NodeOutcome]) -> str:
    passed = sum(outcome.is_success for outcome in tested)
    tests = f", {passed} of {len(tested)} tests passed" if tested else ""
    return f"{len(built)} tables and views{tests}"
