"""One row per period (a month, or all complete months) for which scores were there before it."""

COLUMNS = {
    "period": "string",
    "customers_count": "Int64",
    "churned_count": "Int64",
    "not_scored_count": "Int64",
    "red_count": "Int64",
    "red_churned_count": "Int64",
    "red_churn_pct": "Float64",
    "yellow_count": "Int64",
    "yellow_churned_count": "Int64",
    "yellow_churn_pct": "Float64",
    "green_count": "Int64",
    "green_churned_count": "Int64",
    "green_churn_pct": "Float64",
    "auc": "Float64",
    "auc_low": "Float64",
    "auc_high": "Float64",
    "auc_p_value": "Float64",
    "is_falling": "boolean",
    "is_warning": "boolean",
    "is_reportable": "boolean",
    "month_start_date": "datetime64[us]",
}
BANDS = ("red", "yellow", "green")
DIGITS = 9
# Fewer ends of relations than this say little of any score.
MINIMUM_CHURNED = 10


def auc_of(churned, stayed, z):
    """Chance that who left had the lower score, with its interval and p-value; None without both.

    The interval is that of Hanley and McNeil (1982), cut off at 0 and 1.
    """
    from scipy.stats import mannwhitneyu

    left, kept = len(churned), len(stayed)
    if not left or not kept:
        return dict.fromkeys(("auc", "auc_low", "auc_high", "auc_p_value"))
    found = mannwhitneyu(stayed, churned, alternative="two-sided", method="asymptotic")
    auc = float(found.statistic) / (left * kept)
    q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    variance = (auc * (1 - auc) + (left - 1) * (q1 - auc * auc) + (kept - 1) * (q2 - auc * auc)) / (
        left * kept
    )
    margin = z * max(variance, 0.0) ** 0.5
    return {
        "auc": auc,
        "auc_low": max(0.0, auc - margin),
        "auc_high": min(1.0, auc + margin),
        "auc_p_value": float(found.pvalue),
    }


def check(months, minimum_n, z):
    """Columns of one period; `months` has health_band, health_score and is_churned."""
    scored = months[months["health_band"].isin(BANDS)]
    ordered = scored.sort_values(["health_score", "is_churned"])
    gone = ordered["is_churned"].astype(bool)
    row = {
        "customers_count": len(scored),
        "churned_count": int(gone.sum()),
        "not_scored_count": len(months) - len(scored),
    }
    rates = {}
    for band in BANDS:
        of_band = gone[ordered["health_band"] == band]
        row[f"{band}_count"] = len(of_band)
        row[f"{band}_churned_count"] = int(of_band.sum())
        rates[band] = 100.0 * int(of_band.sum()) / len(of_band) if len(of_band) else None
        row[f"{band}_churn_pct"] = rates[band]
    row |= auc_of(
        ordered.loc[gone, "health_score"].astype(float).tolist(),
        ordered.loc[~gone, "health_score"].astype(float).tolist(),
        z,
    )
    present = [rates[band] for band in BANDS if rates[band] is not None]
    if len(present) > 1:
        row["is_falling"] = present == sorted(present, reverse=True) and len(set(present)) > 1
    if rates["red"] is not None and rates["green"] is not None:
        row["is_warning"] = rates["red"] <= rates["green"]
    row["is_reportable"] = len(scored) >= minimum_n and row["churned_count"] >= MINIMUM_CHURNED
    return row


def model(dbt, session):
    dbt.config(materialized="table")
    import pandas as pd

    minimum_n = dbt.config.get("minimum_reportable_n")
    z = dbt.config.get("interval_z")
    months = dbt.ref("int_customer_months").df()
    months = months[months["is_complete"]]
    rows = [
        {"period": "month", "month_start_date": month, **check(found, minimum_n, z)}
        for month, found in sorted(months.groupby("month_start_date"), key=lambda pair: pair[0])
    ]
    # A month before the first scores tells nothing, in 'all' neither.
    rows = [row for row in rows if row["customers_count"]]
    if rows:
        seen = months["month_start_date"].isin([row["month_start_date"] for row in rows])
        rows.append({"period": "all", **check(months[seen], minimum_n, z)})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for name, kind in COLUMNS.items():
        if kind == "Float64":
            table[name] = table[name].astype(float).round(DIGITS)
    # pandas has no type for days.
    return session.from_df(table.astype(COLUMNS)).project(
        "* replace (cast(month_start_date as date) as month_start_date)"
    )
