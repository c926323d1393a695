"""Writes the rows of the demo into vendor-shaped files: pages, BOM, line ends, headers.

Touches nothing but `inbox/<source>/<load date>/` of the demo sources.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from orchestration.demo.billing import PAYMENT_COLUMNS
from orchestration.demo.exports import CALL_COLUMNS, CHAT_COLUMNS, CUSTOMER_COLUMNS, quoted
from orchestration.demo.exports_workforce import CART_COLUMNS, SHIFT_COLUMNS, STATUS_COLUMNS
from orchestration.demo.programme_exports import (
    FEEDBACK_COLUMNS,
    INVITATION_COLUMNS,
    OPINION_COLUMNS,
)
from orchestration.demo.quality import CHANGE_COLUMNS, REVIEW_COLUMNS
from orchestration.demo.rows import RawRow, Table
from orchestration.demo.self_service_files import FILES as SELF_SERVICE_FILES
from orchestration.demo.ticket_events import EVENT_COLUMNS
from orchestration.demo.vocabulary import DAY
from orchestration.demo.world import Calendar

OVERLAP = 3
Pages = dict[date, list[list[RawRow]]]


def paginate(table: Table) -> Pages:
    """Cut each day into two pages; the first records of the second repeat the end of the first.

    The repeated rows are added to the table, because they are rows that are read.
    """
    pages: Pages = {}
    for day in sorted(table.by_date):
        rows = table.by_date[day]
        half = len(rows) // 2
        overlap = rows[max(0, half - OVERLAP) : half]
        pages[day] = [rows[:half], [*overlap, *rows[half:]]] if half else [rows]
        table.by_date[day] = [row for page in pages[day] for row in page]
        if overlap:
            table.count("page_overlaps", len(overlap))
    return pages


def write_files(inbox: Path, tables: dict[str, Table], pages: Pages, calendar: Calendar) -> int:
    """Write all deliveries; returns the number of files."""
    files = 0
    for day, ticket_pages in pages.items():
        for number, rows in enumerate(ticket_pages, start=1):
            is_last = number == len(ticket_pages)
            text = _ticket_page(rows, day, number, is_last, calendar)
            _write(_path(inbox, tables["tickets"], day, f"tickets-{number}.json"), text)
            files += 1
    for day, rows in tables["agents"].by_date.items():
        text = '{"agents": [\n' + ",\n".join(row.text for row in rows) + "\n]}\n"
        _write(_path(inbox, tables["agents"], day, "agents.json"), text)
        files += 1
    chat_header = "\ufeff" + quoted(CHAT_COLUMNS, ";")
    for name, file, header, line_end in (
        ("chats", "chats.csv", chat_header, "\r\n"),
        ("calls", "calls.tsv", "\t".join(CALL_COLUMNS), "\n"),
        ("responses", "responses.jsonl", None, "\n"),
        ("customers", "customers.csv", ",".join(CUSTOMER_COLUMNS), "\n"),
        ("agent_status", "agent_status.csv", ",".join(STATUS_COLUMNS), "\n"),
        ("shifts", "shifts.csv", ",".join(SHIFT_COLUMNS), "\n"),
        ("carts", "carts.csv", ",".join(CART_COLUMNS), "\n"),
        ("invitations", "invitations.csv", ",".join(INVITATION_COLUMNS), "\n"),
        ("feedback", "feedback.csv", ",".join(FEEDBACK_COLUMNS), "\n"),
        ("questionnaires", "questionnaires.csv", ",".join(OPINION_COLUMNS), "\n"),
        ("ticket_events", "ticket_events.csv", ",".join(EVENT_COLUMNS), "\n"),
        ("reviews", "reviews.csv", ",".join(REVIEW_COLUMNS), "\n"),
        ("changes", "changes.csv", ",".join(CHANGE_COLUMNS), "\n"),
        ("payments", "payments.csv", ",".join(PAYMENT_COLUMNS), "\n"),
        *(
            (name, file, ",".join(columns), "\n")
            for name, (file, columns) in SELF_SERVICE_FILES.items()
        ),
    ):
        for day, rows in tables[name].by_date.items():
            if not rows:
                continue
            lines = ([] if header is None else [header]) + [row.text for row in rows]
            _write(_path(inbox, tables[name], day, file), line_end.join(lines) + line_end)
            files += 1
    return files


def _ticket_page(
    rows: list[RawRow], day: date, number: int, is_last: bool, calendar: Calendar
) -> str:
    end_time = calendar.begin + ((day - calendar.start).days + 1) * DAY - 1
    following = f"https://demo.example.com/api/v2/incremental/tickets.json?page={number + 1}"
    tail = {
        "count": len(rows),
        "end_of_stream": is_last,
        "end_time": end_time,
        "next_page": None if is_last else following,
    }
    records = ",\n".join(row.text for row in rows)
    return '{"tickets": [\n' + records + "\n], " + json.dumps(tail)[1:] + "\n"


def _path(inbox: Path, table: Table, day: date, file: str) -> Path:
    return inbox / table.source / day.isoformat() / file


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
