"""The demo's exports as they were without one of its customers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Where the exports name a customer, and where they refer to something of one: read here from the
# files themselves and not from the declarations.
CUSTOMER = {
    "payments.csv": "customer_id",
    "conversations.csv": "user",
    "chats.csv": "Visitor ID",
    "customers.csv": "customer_id",
    "visits.csv": "user",
    "calls.tsv": "caller_id",
    "questionnaires.csv": "person",
    "carts.csv": "customer_id",
    "feedback.csv": "person",
    "invitations.csv": "person",
}
OWN = {"chats.csv": ("chat", "Chat ID"), "calls.tsv": ("call", "call_id")}


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of an export; rows of the wrong width as their first cells alone."""
    if path.suffix == ".jsonl":
        for line in path.read_text("utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                yield {"broken": line}
    elif path.suffix == ".json":
        yield from json.loads(path.read_text("utf-8")).get("tickets", ())
    else:
        delimiter = {"chats.csv": ";", "calls.tsv": "\t"}.get(path.name, ",")
        text = io.StringIO(path.read_text("utf-8-sig"), newline="")
        yield from csv.DictReader(text, delimiter=delimiter)


def never_delivered(inbox: Path, customer: str) -> None:
    """Take a customer out of the files of an inbox, by what the test itself knows of them."""
    owned: set[tuple[str, str]] = set()

    def is_theirs(name: str, record: dict[str, Any]) -> bool:
        if name.startswith("tickets-"):
            return str(record["requester_id"]) == customer
        if name == "ticket_events.csv":
            return ("ticket", record["ticket_id"]) in owned
        if name == "reviews.csv":
            return (record["contact_type"], record["contact_id"]) in owned
        if name == "responses.jsonl":
            if "broken" in record:
                return f'"id": {customer},' in record["broken"]
            person, about = record["person"], record["interaction"] or {}
            if person is not None:
                return str(person["id"]) == customer
            return (about.get("type"), str(about.get("id"))) in owned
        if name not in CUSTOMER:
            return False
        said = record[CUSTOMER[name]]
        if said not in ("", "-", None):
            return said == customer
        kind, number = {
            "invitations.csv": ("about", "about_id"),
            "questionnaires.csv": ("about", "about_id"),
            "conversations.csv": ("handed_to", "handed_to_id"),
        }.get(name, ("", ""))
        if name == "feedback.csv":
            return ("response", record["answer"]) in owned
        return (record.get(kind), record.get(number)) in owned

    paths = sorted(path for path in inbox.rglob("*") if path.is_file())
    # Contacts first, then what refers to them, then what refers to that.
    for _ in range(3):
        for path in paths:
            for record in records(path):
                if is_theirs(path.name, record):
                    if path.name.startswith("tickets-"):
                        owned.add(("ticket", str(record["id"])))
                    elif path.name == "responses.jsonl" and "id" in record:
                        owned.add(("response", record["id"]))
                    elif path.name in OWN:
                        kind, column = OWN[path.name]
                        owned.add((kind, record[column]))
    for path in paths:
        kept = [not is_theirs(path.name, record) for record in records(path)]
        if all(kept):
            continue
        if path.suffix == ".json":
            page = json.loads(path.read_text("utf-8"))
            page["tickets"] = [x for x, keep in zip(page["tickets"], kept, strict=True) if keep]
            path.write_text(json.dumps(page), "utf-8")
        else:
            lines = path.read_text("utf-8").splitlines(keepends=True)
            head = 0 if path.suffix == ".jsonl" else 1
            rows = zip(lines[head:], kept, strict=True)
            path.write_text("".join([*lines[:head], *(x for x, keep in rows if keep)]), "utf-8")
