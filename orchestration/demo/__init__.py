"""Demo data: vendor-shaped raw files of an invented company, with a known truth.

Writes into `inbox/demo_*` and one truth file; reads nothing, so that equal arguments always
give equal bytes. All people are invented and all addresses end in example.com.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.demo.rows import Table
    from orchestration.demo.simulate import Company
    from orchestration.demo.ticket_events import TicketEvent

START = date(2017, 10, 1)
DAYS = 92
CONTACTS_PER_DAY = 500
CUSTOMERS = 800
AGENTS = 40
SEED = 2017


@dataclass(frozen=True)
class Summary:
    """What was generated: load dates, files, rows by raw table, and the headline figures."""

    first_load_date: date
    last_load_date: date
    files: int
    rows: dict[str, int]
    contacts: int
    csat_pct: float | None
    fcr_no_repeat_pct: float | None


def generate(
    inbox: Path,
    truth_file: Path,
    start: date = START,
    days: int = DAYS,
    contacts_per_day: int = CONTACTS_PER_DAY,
    customers: int = CUSTOMERS,
    agents: int = AGENTS,
    seed: int = SEED,
) -> Summary:
    """Write the raw files of `days` load dates from `start` on, and their truth.

    Args:
        inbox: folder of the sources; `demo_*` folders are made in it.
        truth_file: JSON file for the truth; its folder is made.
        contacts_per_day: mean number of tickets, chats and calls a day.
        customers, agents: size of the company; needs two customers and four agents.

    Raises:
        UsageError: an argument is too small to be of use.
    """
    from orchestration.demo.files import paginate, write_files
    from orchestration.demo.simulate import simulate
    from orchestration.demo.ticket_events import draw_logs
    from orchestration.demo.truth import compute_truth
    from orchestration.demo.truth_people import people_truth
    from orchestration.demo.truth_times import times_truth
    from orchestration.demo.world import Calendar

    _check_arguments(days, contacts_per_day, customers, agents)
    company = simulate(Calendar(start, days), contacts_per_day, customers, agents, seed)
    logs = draw_logs(company, seed)
    tables = _tables(company, logs, seed)
    pages = paginate(tables["tickets"])
    files = write_files(inbox, tables, pages, company.calendar)
    truth = compute_truth(company, tables)
    truth["times"] = times_truth(company, logs)
    truth |= people_truth(company, seed)
    truth_file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(truth, indent=2, ensure_ascii=False) + "\n"
    truth_file.write_bytes(text.encode("utf-8"))
    return _summary(company, truth, files)


def _check_arguments(days: int, contacts_per_day: int, customers: int, agents: int) -> None:
    from orchestration.errors import UsageError

    for name, value, least in (
        ("days", days, 1),
        ("contacts per day", contacts_per_day, 1),
        ("customers", customers, 2),
        ("agents", agents, 4),
    ):
        if value < least:
            raise UsageError(
                f"Expected at least {least} {name} for the demo, found {value}: ask for more."
            )


def _tables(company: Company, logs: dict[int, list[TicketEvent]], seed: int) -> dict[str, Table]:
    """The rows of all raw tables by name, dirt included."""
    from orchestration.demo.billing import draw_payments, payment_table
    from orchestration.demo.dirt import plant
    from orchestration.demo.exports import answer_table, call_table, chat_table, customer_table
    from orchestration.demo.exports_workforce import cart_table, shift_table, status_table
    from orchestration.demo.helpdesk import agent_table, ticket_table
    from orchestration.demo.programme_exports import (
        feedback_table,
        invitation_table,
        opinion_table,
    )
    from orchestration.demo.quality import change_table, draw_reviews, review_table
    from orchestration.demo.self_service_files import self_service_tables
    from orchestration.demo.ticket_events import event_table

    tables = {
        "tickets": ticket_table(company),
        "agents": agent_table(company),
        "chats": chat_table(company, seed),
        "calls": call_table(company, seed),
        "responses": answer_table(company),
        "customers": customer_table(company),
        "agent_status": status_table(company),
        "shifts": shift_table(company),
        "carts": cart_table(company),
        "invitations": invitation_table(company),
        "feedback": feedback_table(company),
        "questionnaires": opinion_table(company),
        "ticket_events": event_table(company, logs, seed),
        **self_service_tables(company),
    }
    plant(tables, company, seed)
    tables["reviews"] = review_table(draw_reviews(company, seed))
    tables["changes"] = change_table(company)
    tables["payments"] = payment_table(draw_payments(company, seed))
    return tables


def _summary(company: Company, truth: dict[str, Any], files: int) -> Summary:
    return Summary(
        first_load_date=company.calendar.start,
        last_load_date=company.calendar.as_of,
        files=files,
        rows={name: balance["rows_read"] for name, balance in truth["rows"].items()},
        contacts=len(company.contacts.all()),
        csat_pct=truth["csat"]["overall"]["csat_pct"],
        fcr_no_repeat_pct=truth["fcr"]["no_repeat"]["pct"],
    )
