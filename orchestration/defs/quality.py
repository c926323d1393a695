"""The suites as asset checks, one a table: one op a layer, which stops the run when a critical
expectation failed.

The layer staging holds the reconciliation of deliveries too: what became of each row is known once
the intermediate models are built, and nothing after them is built unless it balances.
"""

# No postponed annotations: Dagster wants the type of `context` itself.
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from orchestration.declarations import Source
from orchestration.defs.keys import lake_key, suite_key, tables_of
from orchestration.defs.results import check_results
from orchestration.defs.session import SESSION, step
from orchestration.errors import DataError, UsageError
from orchestration.ingest import load_deliveries
from orchestration.quality.balance import (
    BALANCE_CHECK,
    SHARE_CHECK,
    allowed_shares,
    check_balance,
    delivery_counts,
    load_verdicts,
)
from orchestration.quality.drift import COLUMNS_CHECK, FILES_CHECK, check_shapes
from orchestration.quality.history import CHECKS, check_history
from orchestration.quality.outcomes import Outcome
from orchestration.quality.suites import LAYERS, Layer, Suite
from orchestration.run_session import RunSession

NAMED_FAILURES = 3
EXPECTATIONS = "expectations"
DELIVERIES = "deliveries"


@dataclass(frozen=True)
class Check:
    """A check as Dagster knows it: all that is expected of a table.

    Attributes:
        outcomes: table and name of the outcomes that it is made of.
    """

    spec: dg.AssetCheckSpec
    outcomes: Sequence[tuple[str, str]]


def layer_checks(
    sources: Sequence[Source], suites: Sequence[Suite], known: frozenset[dg.AssetKey]
) -> list[dg.AssetChecksDefinition]:
    """One check op for every layer that has something to check.

    Raises:
        UsageError: a suite of a table that no asset makes.
    """
    found = []
    for layer in LAYERS:
        checks = [_check(suite) for suite in suites if suite.layer == layer]
        for check in checks:
            if check.spec.asset_key not in known:
                raise UsageError(
                    f"Expected {check.spec.metadata['suite']} to be about a table that is built, "
                    f"found no {check.spec.asset_key.to_user_string()}: rename the file or "
                    "remove it."
                )
        if layer == "lake":
            checks += _shape_checks(sources)
        if layer == "staging":
            checks += _balance_checks(sources)
        if checks:
            found.append(_layer_check(layer, checks))
    return found


def _check(suite: Suite) -> Check:
    # All of them block: a result of severity WARN lets the run go on whatever the check says, and
    # a table that is not there is an error even for an expectation that would only warn.
    spec = dg.AssetCheckSpec(
        EXPECTATIONS,
        asset=suite_key(suite),
        description=suite.description,
        blocking=True,
        metadata={"suite": suite.path.as_posix(), "expectations": len(suite.expectations)},
    )
    return Check(spec, [(suite.table, found.check_name) for found in suite.expectations])


def _shape_checks(sources: Sequence[Source]) -> Iterator[Check]:
    """Columns that came or went and files that were left out, shown on the table in the lake."""
    for source, table in tables_of(sources):
        raw = f"{source.name}__{table.name}"
        spec = dg.AssetCheckSpec(
            DELIVERIES,
            asset=lake_key(source.name, table.name),
            description="Files can be read and have the columns of the deliveries before them.",
        )
        yield Check(spec, [(raw, FILES_CHECK), (raw, COLUMNS_CHECK)])


def _balance_checks(sources: Sequence[Source]) -> Iterator[Check]:
    """The deliveries of an entity, shown on the verdicts of its rows."""
    outcomes: dict[str, list[tuple[str, str]]] = {}
    for source, table in tables_of(sources):
        raw = f"{source.name}__{table.name}"
        own = outcomes.setdefault(table.entity, [])
        own += [(raw, name) for name in (BALANCE_CHECK, SHARE_CHECK, *CHECKS)]
        _, *parts = table.feeds
        for part in parts:
            outcomes.setdefault(part, []).append((raw, f"{SHARE_CHECK}_{part}"))
    for entity, found in outcomes.items():
        spec = dg.AssetCheckSpec(
            DELIVERIES,
            asset=dg.AssetKey(["intermediate", f"int_{entity}_versioned"]),
            description="Of every delivered file, rows read = accepted + superseded + quarantined, "
            "no more of them are quarantined than its table allows, and they are like the "
            "deliveries before.",
            blocking=True,
        )
        yield Check(spec, found)


def _layer_check(layer: Layer, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    keys = {outcome: check.spec.key for check in checks for outcome in check.outcomes}

    @dg.multi_asset_check(
        name=f"check_{layer}",
        specs=[check.spec for check in checks],
        can_subset=True,
        required_resource_keys={SESSION},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        session: RunSession = context.resources.session
        chosen = context.selected_asset_check_keys
        outcomes: list[Outcome] = []
        failed: dg.Failure | None = None
        try:
            with step(session, f"check {layer}") as running:
                found = session.quality.validate(layer, session.checked_dates)
                if layer == "lake":
                    deliveries = load_deliveries(session.settings)
                    shapes = check_shapes(session.tables, deliveries, session.checked_dates)
                    found = [*found, *shapes]
                if layer == "staging":
                    found = [*found, *_balance(session), *_history(session)]
                outcomes += [o for o in found if keys.get((o.table, o.check_name)) in chosen]
                running.detail = detail_of(outcomes)
                session.add_outcomes(outcomes)
                stop_if_blocked(layer, outcomes)
        except dg.Failure as error:
            failed = error
        yield from check_results(keys, outcomes)
        if failed is not None:
            raise failed

    return check


def _balance(session: RunSession) -> list[Outcome]:
    """Reconcile all deliveries with the verdicts on their rows.

    Not only those of the run's load dates: a delivery of today supersedes rows of older ones, and
    what is missing from an older one would be missing from this version too.
    """
    records, outcomes = check_balance(
        delivery_counts(load_deliveries(session.settings)),
        load_verdicts(session.settings, session.sources, None),
        allowed_shares(session.sources),
    )
    session.records += records
    return outcomes


def _history(session: RunSession) -> list[Outcome]:
    return check_history(session.settings, session.sources, session.checked_dates, session.accepted)


def stop_if_blocked(layer: str, outcomes: Sequence[Outcome]) -> None:
    """Stop the run before the next layer is built.

    Raises:
        DataError: names the critical checks that failed, the first with its message.
    """
    blocking = [outcome for outcome in outcomes if outcome.is_blocking]
    if blocking:
        names = [f"{found.check_name} on {found.table}" for found in blocking[:NAMED_FAILURES]]
        more = f" and {len(blocking) - len(names)} more" if len(blocking) > len(names) else ""
        raise DataError(
            f"Expected the critical checks of the layer {layer} to hold, found {len(blocking)} "
            f"that failed ({', '.join(names)}{more}): {blocking[0].message}"
        )


def detail_of(outcomes: Sequence[Outcome]) -> str:
    """What came of the checks of a layer: `41 checks, 2 warnings`."""
    blocking = sum(outcome.is_blocking for outcome in outcomes)
    warned = sum(not outcome.success for outcome in outcomes) - blocking
    parts = [f"{len(outcomes)} checks"]
    if blocking:
        parts.append(f"{blocking} failed")
    if warned:
        parts.append(f"{warned} warning{'s' if warned > 1 else ''}")
    return ", ".join(parts)
