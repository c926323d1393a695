"""One simulated company: world, contacts and answers of a calendar, calibrated and complete."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.demo.calibrate import scale_chat_waits, score_csat
from orchestration.demo.carts import Cart, draw_carts
from orchestration.demo.contacts import Contacts, simulate_contacts
from orchestration.demo.dice import Dice
from orchestration.demo.events import Answer
from orchestration.demo.ledger import LedgerLine, draw_ledger
from orchestration.demo.live import judge_first_line
from orchestration.demo.programme import Programme, draw_programme
from orchestration.demo.self_service import SelfService, draw_promises, draw_self_service
from orchestration.demo.surveys import draw_answers
from orchestration.demo.tickets import merge_tickets
from orchestration.demo.workforce import Workforce, draw_shifts, draw_workforce, hand_out
from orchestration.demo.world import Calendar, World, build_world


@dataclass(frozen=True)
class Company:
    """Everything that happened; nothing changes it any more."""

    world: World
    contacts: Contacts
    answers: tuple[Answer, ...]
    workforce: Workforce
    carts: tuple[Cart, ...]
    programme: Programme
    self_service: SelfService
    ledger: tuple[LedgerLine, ...]

    @property
    def calendar(self) -> Calendar:
        return self.world.calendar


def simulate(
    calendar: Calendar, contacts_per_day: int, customers: int, agents: int, seed: int
) -> Company:
    """Draw a company; equal arguments give equal companies."""
    world = build_world(calendar, customers, agents, seed)
    contacts = simulate_contacts(world, contacts_per_day, seed)
    merge_tickets(contacts.tickets, world, Dice(seed, "merges"))
    scale_chat_waits(contacts.chats)
    shifts = draw_shifts(world)
    hand_out(contacts, shifts, seed)
    judge_first_line(contacts.calls, seed)
    answers, asked = draw_answers(world, contacts, seed)
    score_csat(answers, seed)
    workforce = draw_workforce(world, contacts, shifts, seed)
    programme = draw_programme(world, contacts, answers, asked, seed)
    draw_promises(contacts, seed)
    self_service = draw_self_service(world, contacts, contacts_per_day, seed)
    ledger = draw_ledger(calendar, contacts, seed)
    carts = draw_carts(world, seed)
    return Company(world, contacts, answers, workforce, carts, programme, self_service, ledger)
