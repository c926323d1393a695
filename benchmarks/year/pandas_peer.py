"""The plain peer: the six headline metrics with pandas, as a script in a notebook would do it.

    python benchmarks/year/pandas_peer.py --home H [--days 1] [--out figures.json] [--memory-gib 16]

Needs pandas and pyarrow (`pip install pandas pyarrow` in an environment of its own). Everything is
read into memory and held there, so that the days it can take end where the memory does; it says
how much it took. The figures are those of `handwritten.py` for the same days.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import pandas as pd

WINDOW = pd.Timedelta(days=7)
SECOND = pd.Timedelta(seconds=1)
DAY = pd.Timedelta(days=1)
CHAT_COLUMNS = [
    "chat_id", "company_id", "reason", "initiated_by", "outcome", "started_at", "queued_at",
    "first_reply_at", "ended_at", "updated_at", "resolved", "spam",
]  # fmt: skip
TICKET_COLUMNS = [
    "ticket_id", "company_id", "reason", "priority", "status", "created_at", "updated_at",
    "first_solved_at", "solved_at", "closed_at", "spam", "resolved_by_bot", "merged_into_id",
    "followup_of_id",
]  # fmt: skip
CALL_COLUMNS = [
    "call_id", "company_id", "reason", "direction", "disposition", "started_at", "queued_at",
    "answered_at", "ended_at", "wait_seconds", "resolved",
]  # fmt: skip
MAY_BE_ABSENT = ["company_id", "merged_into_id", "followup_of_id"]
DISPOSITIONS = ["ANSWERED", "ABANDONED", "IVR", "VOICEMAIL", "CALLBACK", "CLOSED", "FAILED"]
SCALES = {"csat": (1, 5, 4, 2), "nps": (0, 10, 9, 6), "ces": (1, 7, 5, 3)}
WEIGHTS = {"csat": 0.30, "nps": 0.25, "ces": 0.15, "fcr": 0.20, "abandonment": 0.10}


def read(inbox: Path, days: list[str], names: dict[str, str], columns: list[str]) -> pd.DataFrame:
    """The deliveries of the days in their order, whatever format they came in."""
    parts = []
    for day in days:
        for source, name in sorted(names.items()):
            path = inbox / source / day / name
            if not path.exists():
                continue
            if path.suffix == ".parquet":
                part = pd.read_parquet(path, columns=columns)
            elif path.suffix == ".csv":
                part = pd.read_csv(path, usecols=columns)
            else:
                part = pd.read_json(path, lines=True)[columns]
            for column in columns:
                if column.endswith("_at"):
                    part[column] = pd.to_datetime(part[column]).astype("datetime64[us]")
            # JSON and CSV have no whole number that may be absent.
            for column in part.columns.intersection(MAY_BE_ABSENT):
                part[column] = part[column].astype("Int64")
            if "resolved" in part:
                part["resolved"] = part["resolved"].astype("boolean")
            parts.append(part.assign(source=source, load_date=pd.Timestamp(day)))
    return pd.concat(parts, ignore_index=True)


def latest(frame: pd.DataFrame, key: str, version: str = "updated_at") -> pd.DataFrame:
    """The last version of every record; of equals the one that was delivered last."""
    ordered = frame.sort_values(version, kind="stable")
    return ordered.drop_duplicates(key, keep="last")


def contacts_of(inbox: Path, days: list[str]) -> pd.DataFrame:
    """All contacts with what the metrics need of them."""
    customers = latest(
        read(inbox, days, {"year_crm": "customers.parquet"},
             ["company_id", "updated_at", "test_account"]),
        "company_id",
    )  # fmt: skip
    tests = set(customers.loc[customers["test_account"], "company_id"])

    chats = read(inbox, days, {"year_chat": "chats.parquet", "year_chat_csv": "chats.csv"},
                 CHAT_COLUMNS)  # fmt: skip
    chats = latest(chats[chats["outcome"].isin(list("ALBC"))], "chat_id")
    queued = chats["queued_at"].fillna(chats["started_at"])
    chats = pd.DataFrame({
        "kind": "chat",
        "place": 1,
        "id": chats["chat_id"],
        "company_id": chats["company_id"],
        "reason": chats["reason"],
        "started_at": chats["started_at"],
        "first_resolved_at": chats["ended_at"].where(chats["resolved"].fillna(False)),
        "is_resolved": chats["resolved"],
        "is_inbound": chats["initiated_by"].eq("V") & ~chats["spam"].astype(bool),
        "is_handled": chats["outcome"].eq("A"),
        "is_answered": chats["outcome"].eq("A"),
        "is_abandoned": chats["outcome"].eq("L"),
        "wait": (chats["first_reply_at"].fillna(chats["ended_at"]) - queued).dt.total_seconds(),
        "short": 0,
        "source": chats["source"],
    })  # fmt: skip

    tickets = read(
        inbox, days,
        {"year_helpdesk": "tickets.parquet", "year_helpdesk_json": "tickets.jsonl"},
        TICKET_COLUMNS,
    )  # fmt: skip
    is_known = tickets["priority"].isin(["low", "normal", "high", "urgent"])
    tickets = latest(tickets[is_known], "ticket_id")
    is_deleted = tickets["status"].eq("deleted")
    tickets = pd.DataFrame({
        "kind": "ticket",
        "place": 2,
        "id": tickets["ticket_id"],
        "company_id": tickets["company_id"],
        "reason": tickets["reason"],
        "started_at": tickets["created_at"],
        "first_resolved_at": tickets["first_solved_at"]
        .fillna(tickets["solved_at"]).fillna(tickets["closed_at"]),
        "is_resolved": tickets["status"].isin(["solved", "closed"]).astype("boolean"),
        "is_inbound": ~tickets["spam"].astype(bool) & ~is_deleted
        & tickets["merged_into_id"].isna(),
        "is_handled": ~is_deleted & ~tickets["resolved_by_bot"].astype(bool),
        "is_answered": False,
        "is_abandoned": False,
        "wait": float("nan"),
        "short": 0,
        "parent_id": tickets["followup_of_id"],
        "source": tickets["source"],
    })  # fmt: skip

    calls = read(inbox, days, {"year_phone": "calls.parquet"}, CALL_COLUMNS)
    calls = latest(calls[calls["disposition"].isin(DISPOSITIONS)], "call_id", "ended_at")
    calls = pd.DataFrame({
        "kind": "call",
        "place": 0,
        "id": calls["call_id"],
        "company_id": calls["company_id"],
        "reason": calls["reason"],
        "started_at": calls["started_at"],
        "first_resolved_at": calls["ended_at"].where(calls["resolved"].fillna(False)),
        "is_resolved": calls["resolved"],
        "is_inbound": calls["direction"].eq("I"),
        "is_handled": calls["disposition"].eq("ANSWERED"),
        "is_answered": calls["disposition"].eq("ANSWERED"),
        "is_abandoned": calls["disposition"].eq("ABANDONED"),
        "wait": calls["wait_seconds"],
        "short": 5,
        "source": calls["source"],
    })  # fmt: skip

    contacts = pd.concat([tickets, chats, calls], ignore_index=True)
    contacts["is_test"] = contacts["company_id"].isin(tests)
    contacts["counts"] = contacts["is_inbound"] & ~contacts["is_test"]
    contacts["is_eligible"] = contacts["counts"] & contacts["is_handled"]
    contacts["contact_date"] = contacts["started_at"].dt.normalize()
    return contacts


def add_repeats(contacts: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """`verdict`: was a first contact resolved at once; absent where it is none or too early."""
    measurable = contacts[
        contacts["counts"] & contacts["company_id"].notna() & contacts["reason"].notna()
    ].sort_values(["company_id", "reason", "started_at", "place", "id"])
    keys = [measurable["company_id"], measurable["reason"]]
    eligible_at = measurable["started_at"].where(measurable["is_eligible"])
    previous = eligible_at.groupby(keys).ffill().groupby(keys).shift(1)
    is_first = measurable["is_eligible"] & (
        previous.isna() | (previous < measurable["started_at"] - WINDOW)
    )
    contacts["is_measurable"] = False
    contacts.loc[measurable.index, "is_measurable"] = True
    contacts["is_first"] = False
    contacts.loc[measurable.index, "is_first"] = is_first
    contacts["is_first"] &= contacts["parent_id"].isna()
    contacts["next_at"] = measurable["started_at"].groupby(keys).shift(-1)

    children = contacts[contacts["counts"] & contacts["parent_id"].notna()]
    by_parent = children.groupby("parent_id")["started_at"].min()
    is_ticket = contacts["kind"].eq("ticket")
    by_parent.index = by_parent.index.astype("Int64")
    follow_up = by_parent.reindex(contacts["id"].where(is_ticket).astype("Int64"))
    follow_up = follow_up.set_axis(contacts.index)
    contacts["next_at"] = pd.concat([contacts["next_at"], follow_up], axis=1).min(axis=1)

    begun = contacts[contacts["contact_date"] <= as_of]
    ends = begun.groupby("source")["contact_date"].max() + DAY
    due = contacts["started_at"] + WINDOW
    is_mature = due <= contacts["source"].map(ends)
    solved = (contacts["first_resolved_at"] <= due).where(
        contacts["first_resolved_at"].notna(), contacts["is_resolved"].fillna(True).astype(bool)
    )
    verdict = solved.astype(bool) & ~(contacts["next_at"] <= due)
    contacts["verdict"] = verdict.where(contacts["is_first"] & is_mature).astype("boolean")
    return contacts


def answers_of(inbox: Path, days: list[str], contacts: pd.DataFrame) -> pd.DataFrame:
    """The answers that count, with their score on 0 to 100."""
    columns = ["response_id", "kind", "score", "campaign", "company_id", "contact_type",
               "contact_id", "answered_at", "updated_at"]  # fmt: skip
    answers = read(inbox, days, {"year_survey": "responses.parquet"}, columns)
    scales = pd.DataFrame.from_dict(
        SCALES, orient="index", columns=["lowest", "highest", "good_from", "bad_to"]
    )
    answers = answers.merge(scales, left_on="kind", right_index=True)
    is_valid = answers["score"].isna() | answers["score"].between(
        answers["lowest"], answers["highest"]
    )
    answers = latest(answers[is_valid], "response_id")
    linked = contacts[["kind", "id", "company_id", "is_test"]].rename(
        columns={"kind": "contact_type", "id": "contact_id", "company_id": "contact_company"}
    )
    answers["contact_id"] = answers["contact_id"].astype("Int64")
    linked["contact_id"] = linked["contact_id"].astype("Int64")
    answers = answers.merge(linked, on=["contact_type", "contact_id"], how="left")
    answers["company_id"] = answers["company_id"].fillna(answers["contact_company"])
    tests = set(contacts.loc[contacts["is_test"], "company_id"].dropna())
    answers = answers[answers["score"].notna() & ~answers["company_id"].isin(tests)]
    answers = answers.sort_values(["answered_at", "response_id"])
    is_free = answers["contact_id"].isna()
    one_each = answers[~is_free].drop_duplicates(
        ["contact_type", "contact_id", "kind"], keep="last"
    )
    answers = pd.concat([answers[is_free], one_each])
    answers["value"] = (
        100 * (answers["score"] - answers["lowest"]) / (answers["highest"] - answers["lowest"])
    )
    answers["is_good"] = answers["score"] >= answers["good_from"]
    answers["is_bad"] = answers["score"] <= answers["bad_to"]
    return answers


def health_of(
    inbox: Path, days: list[str], contacts: pd.DataFrame, answers: pd.DataFrame, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Score and colour of every customer on the last day."""
    rated = contacts[contacts["verdict"].notna()]
    offered = contacts[
        contacts["counts"] & (contacts["is_answered"] | contacts["is_abandoned"])
        & ~(contacts["is_abandoned"] & (contacts["wait"] < contacts["short"]))
    ]  # fmt: skip
    inputs = pd.concat([
        answers[["company_id", "value"]].assign(
            component=answers["kind"], date=answers["answered_at"].dt.normalize()),
        pd.DataFrame({
            "company_id": rated["company_id"], "component": "fcr",
            "date": (rated["started_at"] + WINDOW - SECOND).dt.normalize(),
            "value": rated["verdict"].astype(float) * 100}),
        pd.DataFrame({
            "company_id": offered["company_id"], "component": "abandonment",
            "date": offered["contact_date"],
            "value": (~offered["is_abandoned"]).astype(float) * 100}),
    ])  # fmt: skip
    customers = latest(
        read(inbox, days, {"year_crm": "customers.parquet"},
             ["company_id", "updated_at", "left_on"]),
        "company_id",
    ).set_index("company_id")  # fmt: skip
    left = pd.to_datetime(customers["left_on"])
    left = left.where(left <= as_of)
    end = inputs["company_id"].map(left).fillna(as_of)
    inputs = inputs[inputs["company_id"].notna() & (inputs["date"] <= end)]
    weight = 2.0 ** ((inputs["date"] - as_of).dt.days / 90)
    inputs = inputs.assign(weight=weight, weighted=weight * inputs["value"])
    sums = inputs.groupby(["company_id", "component"])[["weight", "weighted"]].sum()
    scores = (sums["weighted"] / sums["weight"]).unstack()
    weights = pd.Series(WEIGHTS)
    present = scores.notna().mul(weights, axis=1).sum(axis=1)
    score = (scores.mul(weights, axis=1).sum(axis=1) / present).round(6)
    rag = pd.cut(score, [-1, 50, 75, 100], labels=["red", "yellow", "green"]).astype(object)
    return pd.DataFrame({
        "score": score, "rag": rag.where(present.round(6) >= 0.5, "insufficient_data"),
    })  # fmt: skip


def figures(inbox: Path, days: list[str]) -> dict[str, dict[str, Any]]:
    as_of = pd.Timestamp(days[-1])
    contacts = add_repeats(contacts_of(inbox, days), as_of)
    answers = answers_of(inbox, days, contacts)
    health = health_of(inbox, days, contacts, answers, as_of)

    def of(kind: str) -> pd.DataFrame:
        return answers[answers["kind"] == kind]

    csat, nps, ces = of("csat"), of("nps"), of("ces")
    fcr = contacts["verdict"].dropna()
    found: dict[str, dict[str, Any]] = {
        "contacts": counted(contacts["kind"]),
        "csat": {"responses": len(csat), "csat_pct": percent(csat["is_good"])},
        "nps": {"responses": len(nps), "nps": percent(nps["is_good"]) - percent(nps["is_bad"])},
        "ces": {"responses": len(ces), "ces_easy_pct": percent(ces["is_good"])},
        "fcr": {
            "eligible": int(contacts["is_eligible"].sum()),
            "base": len(fcr),
            "fcr_no_repeat_pct": percent(fcr) if len(fcr) else None,
        },
        "abandonment": {},
        "health": {**counted(health["rag"]), "mean score": health["score"].mean()},
    }
    for medium, kind in (("chat", "chat"), ("voice", "call")):
        own = contacts[contacts["counts"] & (contacts["kind"] == kind)]
        is_short = own["is_abandoned"] & (own["wait"] < own["short"])
        own = own[(own["is_answered"] | own["is_abandoned"]) & ~is_short]
        found["abandonment"][f"{medium} offered"] = len(own)
        found["abandonment"][f"{medium} abandon_pct"] = percent(own["is_abandoned"])
    return found


def counted(words: pd.Series) -> dict[str, Any]:
    return {str(word): int(count) for word, count in words.value_counts().items()}


def percent(flags: pd.Series) -> float:
    return float(100 * flags.astype(float).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description="The six metrics with pandas.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--days", type=int, default=1, help="the first days of the inbox")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--memory-gib", type=float, default=16.0, help="give up beyond this")
    given = parser.parse_args()
    # Rather an error here than a machine that stands still.
    resource.setrlimit(resource.RLIMIT_DATA, (int(given.memory_gib * 2**30),) * 2)
    inbox = given.home / "inbox"
    days = sorted({path.parent.name for path in inbox.glob("year_chat*/*/chats.*")})[: given.days]
    start = time.monotonic()
    found = figures(inbox, days)
    result = {
        "days": len(days),
        "seconds": round(time.monotonic() - start, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "figures": found,
    }
    text = json.dumps(result, indent=2)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
