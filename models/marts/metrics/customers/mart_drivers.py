"""One row per driver, contact type, rating scale and industry ('all' for all together)."""

COLUMNS = {
    "driver_id": "string",
    "contact_type": "string",
    "scale_id": "string",
    "industry": "string",
    "n": "Int64",
    "driver_avg": "Float64",
    "outcome_avg_pct": "Float64",
    "corr": "Float64",
    "corr_low": "Float64",
    "corr_high": "Float64",
    "corr_p_value": "Float64",
    "rank_corr": "Float64",
    "rank_corr_p_value": "Float64",
    "is_reportable": "boolean",
}
DIGITS = 9


def correlate(driver, outcome, minimum_n, counts=None):
    """Pearson with its 95 % interval (Fisher's z) and Spearman; both series on 0 to 100 or seconds.

    `counts` says how often each pair is there; without, once. Fewer than four pairs, or a side that
    never varies, have no correlation.
    """
    import numpy as np
    from scipy.stats import norm, t

    counts = np.ones(len(driver)) if counts is None else counts.to_numpy(dtype=float)
    driver, outcome = driver.to_numpy(dtype=float), outcome.to_numpy(dtype=float)
    n = int(counts.sum())
    row = {
        "n": n,
        "driver_avg": float(np.average(driver, weights=counts)) if n else None,
        "outcome_avg_pct": float(np.average(outcome, weights=counts)) if n else None,
        "is_reportable": False,
    }
    if n < 4 or len(np.unique(driver)) < 2 or len(np.unique(outcome)) < 2:
        return row

    def found(first, second):
        corr = _weighted_corr(first, second, counts)
        if abs(corr) >= 1:
            return corr, 0.0
        return corr, float(2 * t.sf(abs(corr) * np.sqrt((n - 2) / (1 - corr**2)), n - 2))

    corr, p_value = found(driver, outcome)
    reach = norm.ppf(0.975) / np.sqrt(n - 3)
    low, high = np.tanh(np.arctanh(min(max(corr, -1), 1)) + np.array([-reach, reach]))
    rank_corr, rank_p_value = found(_mid_ranks(driver, counts), _mid_ranks(outcome, counts))
    return row | {
        "corr": corr,
        "corr_low": float(low),
        "corr_high": float(high),
        "corr_p_value": p_value,
        "rank_corr": rank_corr,
        "rank_corr_p_value": rank_p_value,
        "is_reportable": n >= minimum_n,
    }


def _weighted_corr(first, second, counts):
    """Pearson's correlation of pairs that are there so many times."""
    import numpy as np
    from statsmodels.stats.weightstats import DescrStatsW

    return float(DescrStatsW(np.column_stack([first, second]), weights=counts).corrcoef[0, 1])


def _mid_ranks(values, counts):
    """Ranks of values that are there so many times; equal ones share the middle of theirs."""
    import numpy as np

    _, places = np.unique(values, return_inverse=True)
    sizes = np.bincount(places, weights=counts)
    return (np.cumsum(sizes) - (sizes - 1) / 2)[places]


def model(dbt, session):
    dbt.config(materialized="table")
    import pandas as pd

    minimum_n = dbt.config.get("minimum_reportable_n")
    as_of = dbt.ref("dim_date").max("calendar_date").fetchone()[0]
    window_days = dbt.config.get("driver_window_days")
    alike = ["contact_type", "scale_id", "industry", "handle_seconds", "is_positive"]
    # Added up before they come here: a year of answers is millions, of times there are thousands.
    rated = (
        dbt.ref("int_driver_inputs")
        .filter(f"contact_date <= date '{as_of}' and contact_date > date '{as_of}' - {window_days}")
        .aggregate(f"{', '.join(alike)}, cast(sum(answers_count) as bigint) as answers_count")
        .df()
        # In an order of their own: sums of doubles depend on the order of their rows.
        .sort_values(alike)
    )
    rated["satisfied_pct"] = rated["is_positive"].astype(float) * 100
    rows = []
    for (contact_type, scale), pair in sorted(
        rated.groupby(["contact_type", "scale_id"]), key=lambda found: found[0]
    ):
        groups = [("all", pair), *sorted(pair.groupby("industry"), key=lambda found: found[0])]
        for industry, found in groups:
            names = {"contact_type": contact_type, "scale_id": scale, "industry": industry}
            row = correlate(
                found["handle_seconds"], found["satisfied_pct"], minimum_n, found["answers_count"]
            )
            rows.append({"driver_id": "aht_csat", **names, **row})
    months = dbt.ref("int_customer_months").df()
    months = months[months["is_complete"] & months["csat_pct"].notna()]
    months = months.sort_values(["month_start_date", "customer_id"])
    if len(months):
        names = {"contact_type": "all", "scale_id": "all", "industry": "all"}
        churned = months["is_churned"].astype(float) * 100
        row = correlate(months["csat_pct"].astype(float), churned, minimum_n)
        rows.append({"driver_id": "csat_churn", **names, **row})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for name, kind in COLUMNS.items():
        if kind == "Float64":
            table[name] = table[name].astype(float).round(DIGITS)
    return table.astype(COLUMNS)
