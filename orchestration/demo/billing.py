"""Rows of the billing system: monthly payments of customers on paid plans, and a few refunds."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from orchestration.demo.dice import Dice
from orchestration.demo.rows import RawRow, Table
from orchestration.demo.simulate import Company
from orchestration.demo.vocabulary import DAY, HOUR
from orchestration.demo.world import Calendar, Customer

MONTHS_BEFORE = 3
FIRST_PAYMENT_ID = 300_001
PRICES = {"free": 0, "team": 4_900, "business": 19_900, "enterprise": 89_900}
REFUNDED = 0.01
PAYMENT_COLUMNS = ("payment_id", "customer_id", "paid_at", "amount", "currency")


@dataclass(frozen=True)
class Payment:
    """A payment in cents; a refund is negative."""

    number: int
    customer: Customer
    paid_at: int
    cents: int
    delivered_on: date


def draw_payments(company: Company, seed: int) -> tuple[Payment, ...]:
    """One payment a month at the price of the plan, on the day of the month of the sign-up."""
    dice = Dice(seed, "payments")
    calendar = company.calendar
    found: list[Payment] = []
    for first_of_month in _months(calendar):
        for customer in company.world.customers:
            day = first_of_month + timedelta(days=min(28, customer.signed_up.day) - 1)
            gone = customer.churned is not None and customer.churned <= day
            if customer.is_test or customer.signed_up > day or gone or day > calendar.as_of:
                continue
            paid_at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
            paid_at += 6 * HOUR
            cents = PRICES[_plan_at(customer, paid_at)]
            if not cents:
                continue
            delivered_on = _delivered_on(first_of_month, calendar)
            found.append(_payment(len(found), customer, paid_at, cents, delivered_on))
            if dice.chance(REFUNDED):
                found.append(_payment(len(found), customer, paid_at + 60, -cents, delivered_on))
    return tuple(found)


def _payment(
    place: int, customer: Customer, paid_at: int, cents: int, delivered_on: date
) -> Payment:
    return Payment(FIRST_PAYMENT_ID + place, customer, paid_at, cents, delivered_on)


def _months(calendar: Calendar) -> list[date]:
    """First days of the months, from a few before the calendar to its last."""
    found = []
    place = calendar.start.year * 12 + calendar.start.month - 1 - MONTHS_BEFORE
    while date(place // 12, place % 12 + 1, 1) <= calendar.as_of:
        found.append(date(place // 12, place % 12 + 1, 1))
        place += 1
    return found


def _plan_at(customer: Customer, moment: int) -> str:
    held = [version.plan for version in customer.versions if version.updated_at <= moment]
    return held[-1] if held else customer.versions[0].plan


def _delivered_on(first_of_month: date, calendar: Calendar) -> date:
    """The last day of the month, within the calendar."""
    last = first_of_month.replace(day=monthrange(first_of_month.year, first_of_month.month)[1])
    return max(calendar.start, min(last, calendar.as_of))


def payment_table(payments: tuple[Payment, ...]) -> Table:
    """Payments in monthly files; those before the calendar come on its first day."""
    table = Table("demo_billing", "payments")
    for payment in payments:
        amount = f"{'-' if payment.cents < 0 else ''}{abs(payment.cents) // 100}.00"
        paid_at = datetime.fromtimestamp(payment.paid_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        fields = [payment.number, payment.customer.customer_id, paid_at, amount, "USD"]
        text = ",".join(str(value) for value in fields)
        table.add(payment.delivered_on, RawRow(text, payment.number, payment.paid_at // DAY))
    return table
