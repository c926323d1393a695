"""The dbt project as assets, cut by layer; each layer is one `dbt build` inside the process."""

# No postponed annotations: Dagster wants the type of `context` itself.
from collections.abc import Iterator, Mapping, Sequence
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
from orchestration.defs.session import SESSION, step
from orchestration.quality.outcomes import Outcome
from orchestration.quality.suites import Severity
from orchestration.run_session import RunSession
from orchestration.settings import Settings


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
    checks = [
        dg.AssetCheckSpec(
            test.name,
            asset=test.asset,
            description=test.description or None,
            blocking=not test.is_warning,
            metadata={"dbt test": test.unique_id},
        )
        for test in tests.values()
    ]

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
            if dg.AssetCheckKey(test.asset, test.name) in context.selected_asset_check_keys
        }
        names = [*(node["name"] for node in models), *sorted(chosen)]
        events: list[dg.MaterializeResult | dg.AssetCheckResult] = []
        failed: dg.Failure | None = None
        try:
            with step(session, f"build {phase}") as running:
                outcomes = session.dbt.build(names, lambda outcome: running.note(outcome.name))
                built = [o for o in outcomes if o.unique_id in nodes and o.is_success]
                tested = [o for o in outcomes if o.unique_id in tests and not o.is_skipped]
                running.detail = _detail(built, tested)
                session.add_outcomes([_check_outcome(phase, o, tests[o.unique_id]) for o in tested])
                rows = count_rows(session.settings, [nodes[o.unique_id] for o in built])
                events += [_materialization(nodes[o.unique_id], o, rows) for o in built]
                events += [_check_result(o, tests[o.unique_id]) for o in tested]
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
    """Rows by unique id of the nodes that are tables; a view would have to be computed."""
    import duckdb

    tables = [node for node in nodes if node["config"].get("materialized") != "view"]
    if not tables:
        return {}
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        found = {}
        for node in tables:
            relation = connection.table(f'"{node["schema"]}"."{node["alias"]}"')
            row = relation.count("*").fetchone()
            found[node["unique_id"]] = int(row[0]) if row else 0
    return found


def _materialization(
    node: Mapping[str, Any], outcome: NodeOutcome, rows: Mapping[str, int]
) -> dg.MaterializeResult:
    metadata: dict[str, Any] = {"seconds": round(outcome.seconds, 3)}
    if outcome.unique_id in rows:
        metadata["dagster/row_count"] = rows[outcome.unique_id]
    return dg.MaterializeResult(asset_key=node_key(node), metadata=metadata)


def _check_result(outcome: NodeOutcome, test: DbtTest) -> dg.AssetCheckResult:
    is_warning = test.is_warning or outcome.status == "warn"
    return dg.AssetCheckResult(
        asset_key=test.asset,
        check_name=test.name,
        passed=outcome.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        description=outcome.message or None,
        metadata={"failing rows": outcome.failures or 0, "seconds": round(outcome.seconds, 3)},
    )


def _check_outcome(phase: str, outcome: NodeOutcome, test: DbtTest) -> Outcome:
    """A dbt test as a line in the record of checks, like those of the suites."""
    severity: Severity = "warning" if test.is_warning or outcome.status == "warn" else "critical"
    passed = outcome.status == "pass"
    return Outcome(
        layer=phase,
        table=test.asset.path[-1],
        check_name=test.name,
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
