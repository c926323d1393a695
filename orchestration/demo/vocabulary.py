"""The words and constants of the demo world; no draw and no logic happens here."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.demo.dice import Weighted

DAY = 86_400
HOUR = 3_600


@dataclass(frozen=True)
class Country:
    """A country of the demo.

    Attributes:
        share: share of the customers, in percent.
        utc_offset: hours of its office day before UTC.
        chat_response: mean seconds until the first human reply in a chat.
        csat: share of satisfied answers; None is drawn between 0.78 and 0.86.
    """

    code: str
    share: float
    utc_offset: int
    chat_response: float
    csat: float | None = None


# Australia and the Philippines lead, as the benchmark report for 2017 says.
COUNTRIES = {
    country.code: country
    for country in (
        Country("US", 18, -6, 38),
        Country("AU", 12, 10, 29, 0.89),
        Country("PH", 10, 8, 27, 0.89),
        Country("GB", 9, 0, 36),
        Country("DE", 6, 1, 44),
        Country("CA", 5, -5, 40),
        Country("IN", 5, 5, 47),
        Country("FR", 4, 1, 49),
        Country("NL", 3, 1, 37),
        Country("BR", 3, -3, 58),
        Country("ES", 3, 1, 52),
        Country("IT", 3, 1, 55),
        Country("MX", 2, -6, 57),
        Country("NZ", 2, 12, 34),
        Country("SG", 2, 8, 35),
        Country("JP", 2, 9, 46),
        Country("CN", 2, 8, 51),
        Country("SE", 1.5, 1, 39),
        Country("PL", 1.5, 1, 45),
        Country("ZA", 1.5, 2, 53),
        Country("IE", 1.5, 0, 37),
        Country("AE", 1, 4, 48),
        Country("TR", 1, 3, 56),
        Country("IR", 1, 3, 61),
    )
}
COUNTRY_WEIGHTS = Weighted({country.code: country.share for country in COUNTRIES.values()})

TECHNOLOGY = ("Software", "Hosting", "IT services")
INDUSTRIES = (
    *TECHNOLOGY,
    "E-commerce",
    "Retail",
    "Education",
    "Financial services",
    "Insurance",
    "Healthcare",
    "Travel",
    "Hospitality",
    "Telecommunications",
    "Media",
    "Gaming",
    "Non-profit",
    "Government",
    "Manufacturing",
    "Automotive",
    "Real estate",
    "Logistics",
    "Marketing agencies",
    "Consulting",
)
PLANS = Weighted({"free": 30, "team": 35, "business": 25, "enterprise": 10})
PLAN_ORDER = ("free", "team", "business", "enterprise")
PREFERENCES = Weighted({"any": 40, "e-mail": 25, "chat": 20, "telephone": 15})
SEGMENTS = {
    "free": Weighted({"consumer": 70, "small_business": 30}),
    "team": Weighted({"small_business": 80, "mid_market": 20}),
    "business": Weighted({"small_business": 30, "mid_market": 70}),
    "enterprise": Weighted({"mid_market": 25, "enterprise": 75}),
}


@dataclass(frozen=True)
class Topic:
    """A contact reason with the product areas and the team it belongs to."""

    reason: str
    areas: tuple[str, ...]
    team: str
    queue: str
    share: float


TOPICS = {
    topic.reason: topic
    for topic in (
        Topic("Invoice question", ("Invoices", "Payments"), "Billing", "billing", 9),
        Topic("Payment failed", ("Payments", "Checkout"), "Billing", "billing", 7),
        Topic("Refund", ("Payments", "Invoices"), "Billing", "billing", 6),
        Topic("Plan change", ("Subscriptions",), "Billing", "billing", 5),
        Topic("Cancellation", ("Subscriptions",), "Accounts", "general", 4),
        Topic("Account opening", ("Accounts",), "Accounts", "general", 6),
        Topic("Password reset", ("Accounts", "Mobile app"), "Accounts", "general", 9),
        Topic("Login problem", ("Accounts", "Mobile app"), "Technical", "technical", 9),
        Topic(
            "Bug report", ("Reports", "Mobile app", "Import; export"), "Technical", "technical", 7
        ),
        Topic("Slow pages", ("Reports", "Shopping cart"), "Technical", "technical", 4),
        Topic("Integration setup", ("Integrations",), "Technical", "technical", 6),
        Topic("Data export", ("Import; export",), "Technical", "technical", 4),
        Topic("How-to question", ("Reports", "Integrations", "Accounts"), "Accounts", "general", 9),
        Topic("Order change", ("Shopping cart", "Checkout"), "Orders", "orders", 6),
        Topic("Delivery delay", ("Delivery",), "Orders", "orders", 6),
        Topic("Damaged goods", ("Delivery",), "Orders", "orders", 3),
    )
}
TOPIC_WEIGHTS = Weighted({topic.reason: topic.share for topic in TOPICS.values()})
TEAMS = ("Billing", "Accounts", "Technical", "Orders")
GROUP_IDS = {team: 31 + place for place, team in enumerate(TEAMS)}
DEFAULT_TOPIC = Topic("", ("",), "Accounts", "general", 0)

TICKET_CHANNELS = Weighted({"email": 52, "web": 28, "help_center": 10, "facebook": 6, "api": 4})
PRIORITIES = Weighted({"": 10, "low": 20, "normal": 48, "high": 16, "urgent": 6})
MEDIA = Weighted({"ticket": 34, "chat": 41, "call": 25})

# Monday to Sunday, mean 1.
WEEKDAY_FACTORS = (1.27, 1.20, 1.16, 1.12, 1.05, 0.64, 0.56)
# Share of the day's contacts by local hour: a morning and an afternoon peak.
HOUR_SHARES = (
    0.6, 0.4, 0.3, 0.3, 0.4, 0.8, 1.8, 3.4, 5.6, 7.8, 8.6, 8.0,
    6.4, 6.6, 7.6, 7.8, 7.0, 5.6, 4.6, 4.4, 4.4, 3.6, 2.4, 1.2,
)  # fmt: skip
LOCAL_HOURS = Weighted({str(hour): share for hour, share in enumerate(HOUR_SHARES)})

FIRST_NAMES = (
    "Ada", "Ben", "Chen", "Dara", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jun", "Kate", "Liam",
    "Maya", "Nils", "Olga", "Pia", "Quinn", "Reza", "Sara", "Tom", "Uma", "Vera", "Wen", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Adams", "Bianchi", "Cruz", "Dubois", "Evans", "Fischer", "García", "Hosseini", "Ito", "Jansen",
    "Kowalski", "Li", "Müller", "Nkosi", "O'Brien", "Patel", "Reyes", "Santos", "Tanaka", "Yılmaz",
)  # fmt: skip

COMMENTS = {
    "good": (
        "Solved in one go, thank you!",
        "Quick and friendly.",
        "Great help; exactly what I needed.",
        "Très bien, merci.",
        "客服很快就解决了。",
    ),
    "bad": (
        "I had to ask twice.",
        "The wait was too long.",
        "Still not working,\nplease call me back.",
        "Nobody read my first message.",
        "پاسخ خیلی دیر رسید.",
    ),
}
