"""Small helpers of the truth: percentages, groups, and the canonical names of clean events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from orchestration.demo.events import Chat, Contact, Ticket

Figures = dict[str, Any]
CHANNELS = {"help_center": "portal", "facebook": "social", "sample_ticket": "other"}
UNKNOWN = "unknown"


def percent(part: float, whole: float) -> float | None:
    """part / whole * 100, six digits; None without a base."""
    return round(100 * part / whole, 6) if whole else None


def country_of(contact: Contact) -> str:
    """Country of the customer, else of the chat, else unknown."""
    if contact.customer is not None:
        return contact.customer.country
    return contact.country if isinstance(contact, Chat) else UNKNOWN


def channel_of(contact: Contact) -> str:
    """Canonical channel."""
    if isinstance(contact, Ticket):
        return CHANNELS.get(contact.channel, contact.channel)
    return "chat" if isinstance(contact, Chat) else "phone"


def grouped(items: Iterable[Any], key: Callable[[Any], str]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return {name: groups[name] for name in sorted(groups)}
