"""The valid values of `vars` in dbt_project.yml, which dbt itself takes as they come.

A wrong one would be told by whichever model trips over it, or by none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ruamel.yaml.nodes import Node, ScalarNode

from orchestration.declarations.fields import zone_of
from orchestration.declarations.yaml_reader import Entry, YamlReader

MOST = 1_000_000_000
# From, to, both included; a whole number where both are. The reasons stand in dbt_project.yml.
NUMBERS: Mapping[str, tuple[float, float]] = {
    "minimum_reportable_n": (1, MOST),
    "interval_z": (0.1, 10.0),
    "fcr_window_days": (1, 30),
    "survey_most_invites_7d": (1, MOST),
    "survey_most_invites_90d": (1, MOST),
    "feedback_window_days": (1, 366),
    "complaining_share": (0.0001, 1.0),
    "effort_rolling_days": (1, 366),
    "nia_window_days": (1, 31),
    "deflection_window_hours": (1, 72),
    "search_window_hours": (1, 24),
    "health_lookback_days": (1, 3_660),
    "health_minimum_coverage": (0.0, 1.0),
    "churn_history_months": (1, 1_200),
    "clv_horizon_months": (1, 1_200),
    "new_customer_days": (1, 3_660),
    "dormant_after_days": (1, 3_660),
    "driver_window_days": (1, 3_660),
    "change_window_days": (1, 366),
    "slow_agent_ratio": (1.0, 1_000.0),
    "cart_inactivity_days": (1, 366),
    "staffing_weeks": (1, 13),
    "hiring_trend_weeks": (4, 52),
    "hiring_ramp_up_days": (0, 365),
    "hiring_horizon_days": (1, 730),
    "hiring_weekly_hours": (0.1, 168.0),
    "chunk_rows": (1, 1_000_000_000_000),
    "most_table_rows": (0, 1_000_000_000_000),
    "most_late_contacts": (0, 1_000_000_000_000),
}
DAYS = ("business_calendar_from", "business_calendar_to")


def check_variables(reader: YamlReader, variables: Mapping[str, Entry]) -> None:
    """Add a problem for each value that is of the wrong kind or out of its range."""
    for name, entry in variables.items():
        if name == "reporting_zone":
            zone_of(reader, {"zone": entry})
            continue
        if name in NUMBERS:
            wanted, is_right = _number(entry.node, *NUMBERS[name])
        elif name == "as_of":
            wanted = "a day as YYYY-MM-DD, or null,"
            is_right = reader.is_null(entry.node) or _is_day(entry.node)
        elif name in DAYS:
            wanted, is_right = "a day as YYYY-MM-DD", _is_day(entry.node)
        else:
            continue
        if not is_right:
            found = repr(_text(entry.node)) if isinstance(entry.node, ScalarNode) else "no value"
            reader.add(entry.line, f"expected {wanted} as {name}, found {found}: correct it")


def _number(node: Node, low: float, high: float) -> tuple[str, bool]:
    is_whole = isinstance(low, int)
    wanted = f"a {'whole ' if is_whole else ''}number from {low:,} to {high:,}"
    kinds = ("int",) if is_whole else ("int", "float")
    if not isinstance(node, ScalarNode) or str(node.tag).rpartition(":")[2] not in kinds:
        return wanted, False
    try:
        return wanted, low <= float(node.value) <= high
    except ValueError:
        return wanted, False


def _is_day(node: Node) -> bool:
    try:
        return len(_text(node)) == 10 and bool(date.fromisoformat(_text(node)))
    except ValueError:
        return False


def _text(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""
