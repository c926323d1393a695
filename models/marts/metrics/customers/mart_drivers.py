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


def correlate(driver, outcome, minimum_n):
    """Pearson with its 95 % interval (Fisher's z) and Spearman; both series on 0 to 100 or seconds.

    Fewer than four pairs, or a side that never varies, have no correlation.
    """
    from scipy.stats import pearsonr, spearmanr

    n = len(driver)
    row = {
        "n": n,
        "driver_avg": driver.mean() if n else None,
        "outcome_avg_pct": outcome.mean() if n else None,
        "is_reportable": False,
    }
    if n < 4 or driver.nunique() < 2 or outcome.nunique() < 2:
        return row
    found = pearsonr(driver, outcome)
    interval = found.confidence_interval(0.95)
    ranks = spearmanr(driver, outcome)
    return row | {
        "corr": found.statistic,
        "corr_low": interval.low,
        "corr_high": interval.high,
        "corr_p_value": found.pvalue,
        "rank_corr": ranks.statistic,
        "rank_corr_p_value": ranks.pvalue,
        "is_reportable": n >= minimum_n,
    }


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
            # Two numbers an answer: its texts would cost more than the correlation.
            seconds, satisfied = (
                found[name].astype(float).repeat(found["answers_count"])
                for name in ("handle_seconds", "satisfied_pct")
            )
            row = correlate(seconds, satisfied, minimum_n)
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
