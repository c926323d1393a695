"""One row per rating scale and item of the scorecard, and one for the intercept."""

COLUMNS = {
    "scale_id": "string",
    "item_key": "string",
    "n": "Int64",
    "item_avg_pct": "Float64",
    "coef": "Float64",
    "std_error": "Float64",
    "coef_low": "Float64",
    "coef_high": "Float64",
    "t_value": "Float64",
    "p_value": "Float64",
    "r2": "Float64",
    "r2_adjusted": "Float64",
    "is_significant": "boolean",
    "is_reportable": "boolean",
}
DIGITS = 9


def fit(contacts, minimum_n):
    """Rows of one scale; `contacts` has one row per contact, `score_pct` and a column per item.

    Contacts without some item are left out. A scale whose items cannot be told apart (fewer
    contacts than items and two, or an item that never varies) has no coefficients for them.
    """
    import numpy as np
    from statsmodels.regression.linear_model import OLS

    items = sorted(name for name in contacts.columns if name != "score_pct")
    complete = contacts.dropna().sort_index()
    n = len(complete)
    varying = [item for item in items if n and complete[item].nunique() > 1]
    design = complete[varying].astype(float).assign(const=1.0)
    enough = n >= len(varying) + 2 and bool(varying) and complete["score_pct"].nunique() > 1
    result = None
    if enough and np.linalg.matrix_rank(design.to_numpy()) == len(varying) + 1:
        result = OLS(complete["score_pct"].astype(float), design).fit()
    rows = []
    for item in ["const", *items]:
        row = dict.fromkeys(COLUMNS)
        row["item_key"] = "intercept" if item == "const" else item
        row["n"] = n
        row["item_avg_pct"] = complete[item].mean() if item != "const" and n else None
        row["is_reportable"] = False
        if result is not None and item in result.params.index:
            low, high = result.conf_int().loc[item]
            row |= {
                "coef": result.params[item],
                "std_error": result.bse[item],
                "coef_low": low,
                "coef_high": high,
                "t_value": result.tvalues[item],
                "p_value": result.pvalues[item],
                "r2": result.rsquared,
                "r2_adjusted": result.rsquared_adj,
                "is_significant": bool(result.pvalues[item] < 0.05),
                "is_reportable": n >= minimum_n,
            }
        rows.append(row)
    return rows


def model(dbt, session):
    dbt.config(materialized="table")
    import pandas as pd

    answers = dbt.ref("int_qa_answers").df()
    minimum_n = dbt.config.get("minimum_reportable_n")
    rows = []
    for scale, found in sorted(answers.groupby("scale_id"), key=lambda pair: pair[0]):
        wide = found.pivot(index="contact_id", columns="item_key", values="item_score_pct")
        scores = found.groupby("contact_id")["score_pct"].first()
        contacts = wide.assign(score_pct=scores)
        rows += [row | {"scale_id": scale} for row in fit(contacts, minimum_n)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = [name for name, kind in COLUMNS.items() if kind == "Float64"]
    table[numbers] = table[numbers].astype(float).round(DIGITS)
    return table.astype(COLUMNS)
