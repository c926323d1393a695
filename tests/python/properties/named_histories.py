"""Histories that a way to build by day once missed, or would miss: each by what has to be noticed.

The comment says what forgets it: each was seen to fail without that part of the mechanism.
"""

from __future__ import annotations

from dataclasses import dataclass

from history_shapes import (
    Agent,
    Answer,
    Build,
    Chat,
    Customer,
    Deliver,
    Event,
    History,
    Other,
    Ticket,
)

FIRST, SECOND, FIFTH, SIXTH = "2024-03-01", "2024-03-02", "2024-03-05", "2024-03-06"
TENTH, LATE, MAY = "2024-03-10", "2024-03-25", "2024-05-10"
# Of another customer: the source has delivered until then, and windows are over.
LATE_CHAT = Chat(8, started=f"{LATE} 12:00:00", customer=2)


def _shift(day: str, starts: str = "08:00:00", ends: str | None = None) -> Other:
    return Other(
        "shifts",
        (
            ("shift_id", day),
            ("agent_id", 1),
            ("starts", f"{day}T{starts}Z"),
            ("ends", ends or f"{day}T16:00:00Z"),
            ("paid_hours", 8),
        ),
    )


def _talk(number: int, started: str, ended: str) -> Chat:
    return Chat(number, started=started, agent=1, replied=started, ended=ended)


@dataclass(frozen=True)
class Named:
    """A history, and the tables in which what it is about is seen: no others are built."""

    tables: tuple[str, ...]
    history: History


REPEATS = ("core.fct_contacts", "marts.mart_fcr")
ANSWERS = ("core.fct_survey_responses", "marts.mart_csat")
EVENTS = ("core.fct_ticket_times",)
AREAS = ("marts.mart_next_issue_avoidance",)


def about_an_area(most_late_contacts: int | None = None) -> History:
    """Two contacts about an area, and one that is delivered later and came before both."""
    first, second, third = (
        Chat(number, started=f"{day} 12:00:00", area="Payments")
        for number, day in ((1, FIRST), (2, FIFTH), (3, TENTH))
    )
    return History(
        (
            Deliver("chats", FIFTH, (second,)),
            Deliver("chats", TENTH, (third,)),
            Build(),
            Deliver("chats", LATE, (first,)),
        ),
        most_late_contacts=most_late_contacts,
    )


NAMED: dict[str, Named] = {
    # touch_days 'attempts'
    "a return that comes late": Named(
        REPEATS,
        History(
            (
                Deliver("chats", FIRST, (Chat(1, started=f"{FIRST} 12:00:00"),)),
                Deliver("chats", LATE, (LATE_CHAT,)),
                Build(),
                Deliver("chats", SIXTH, (Chat(2, started=f"{FIFTH} 12:00:00"),)),
            )
        ),
    ),
    "a first contact that comes late": Named(
        REPEATS,
        History(
            (
                Deliver("chats", FIFTH, (Chat(1, started=f"{FIFTH} 12:00:00"),)),
                Deliver("chats", LATE, (LATE_CHAT,)),
                Build(),
                Deliver("chats", SIXTH, (Chat(2, started=f"{FIRST} 12:00:00"),)),
            )
        ),
    ),
    # A day whose window was open was not written again for the return that it now shows.
    "a return before the window is over": Named(
        REPEATS,
        History(
            (
                Deliver("chats", FIRST, (Chat(1, started=f"{FIRST} 12:00:00"),)),
                Build(),
                Deliver("chats", FIFTH, (Chat(2, started=f"{FIFTH} 12:00:00"),)),
                Build(),
                Deliver("chats", LATE, (LATE_CHAT,)),
            )
        ),
    ),
    "a window that was over and is open again": Named(
        REPEATS,
        History(
            (
                Deliver("chats", FIRST, (Chat(1, started=f"{FIRST} 12:00:00"),)),
                Deliver("chats", FIFTH, (Chat(2, started=f"{FIFTH} 12:00:00"),)),
                Deliver("chats", LATE, (LATE_CHAT,)),
                Build(),
                Deliver("chats", LATE, ()),
                Build(),
                Deliver("chats", FIFTH, ()),
            )
        ),
    ),
    # touch_days 'horizons'
    "a window that is over": Named(
        REPEATS,
        History(
            (
                Deliver("chats", FIRST, (Chat(1, started=f"{FIRST} 12:00:00"),)),
                Build(),
                Deliver("chats", TENTH, (Chat(2, started=f"{TENTH} 12:00:00", customer=2),)),
            )
        ),
    ),
    # touch_days 'customers' and 'agents'
    "a customer who moves": Named(
        REPEATS,
        History(
            (
                Deliver("customers", FIRST, (Customer(1, updated=f"{FIRST} 08:00:00"),)),
                Deliver("chats", FIFTH, (Chat(1, started=f"{FIFTH} 12:00:00"),)),
                Build(),
                Deliver(
                    "customers", SIXTH, (Customer(1, updated=f"{SECOND} 08:00:00", plan="team"),)
                ),
            )
        ),
    ),
    "an agent who changes the team": Named(
        REPEATS,
        History(
            (
                Deliver("agents", FIRST, (Agent(1, updated=f"{FIRST} 08:00:00"),)),
                Deliver("chats", FIFTH, (Chat(1, started=f"{FIFTH} 12:00:00", agent=1),)),
                Build(),
                Deliver(
                    "agents", SIXTH, (Agent(1, updated=f"{SECOND} 08:00:00", team="Accounts"),)
                ),
            )
        ),
    ),
    # Nobody had seen yet that the customer was in the chat that was built.
    "a customer who moves after a build that ended early": Named(
        ("core.fct_contacts", "core.dim_customers"),
        History(
            (
                Deliver("customers", FIRST, (Customer(1, updated=f"{FIRST} 08:00:00"),)),
                Deliver("chats", LATE, (LATE_CHAT,)),
                Build(),
                Deliver("chats", FIFTH, (Chat(1, started=f"{FIFTH} 12:00:00"),)),
                Build(without=("int_members_seen",)),
                Deliver(
                    "customers", SIXTH, (Customer(1, updated=f"{SECOND} 08:00:00", plan="team"),)
                ),
            )
        ),
    ),
    # touched_answers
    "an answer about a chat that is corrected": Named(
        ANSWERS,
        History(
            (
                Deliver("chats", FIRST, (Chat(1, started=f"{FIRST} 12:00:00"),)),
                Deliver("responses", FIFTH, (Answer(1, f"{FIFTH} 12:00:00", contact=("chat", 1)),)),
                Build(),
                Deliver("chats", SIXTH, (Chat(1, started=f"{FIRST} 12:00:00", area="Search"),)),
            )
        ),
    ),
    "a second answer about a chat": Named(
        ANSWERS,
        History(
            (
                Deliver("chats", FIRST, (Chat(1, started=f"{FIRST} 12:00:00"),)),
                Deliver(
                    "responses", SECOND, (Answer(1, f"{SECOND} 12:00:00", contact=("chat", 1)),)
                ),
                Build(),
                Deliver("responses", SIXTH, (Answer(2, f"{FIFTH} 12:00:00", contact=("chat", 1)),)),
            )
        ),
    ),
    # `versions` of the materialization versioned
    "an earlier version of an answer that comes late": Named(
        ANSWERS,
        History(
            (
                Deliver(
                    "responses",
                    FIFTH,
                    (Answer(1, f"{FIRST} 12:00:00", updated=f"{SECOND} 12:00:00"),),
                ),
                Build(),
                Deliver(
                    "responses",
                    SIXTH,
                    (Answer(1, f"{FIRST} 12:00:00", f"{FIRST} 12:00:00", score=1),),
                ),
            )
        ),
    ),
    # Keys of a partition that is replaced are ranked anew.
    "a correction that is taken back": Named(
        ("core.fct_contacts",),
        History(
            (
                Deliver("chats", FIRST, (Chat(1, updated=f"{FIRST} 13:00:00"),)),
                Deliver("chats", SECOND, (Chat(1, updated=f"{SECOND} 13:00:00", reason="Login"),)),
                Build(),
                Deliver("chats", SECOND, ()),
            )
        ),
    ),
    # part_of
    "an event of a ticket of another day": Named(
        EVENTS,
        History(
            (
                Deliver("tickets", FIRST, (Ticket(1, created=f"{FIRST} 12:00:00"),)),
                Deliver("ticket_events", FIRST, (Event(1, at=f"{FIRST} 14:00:00"),)),
                Build(),
                Deliver("ticket_events", FIFTH, (Event(2, sequence=2, at=f"{FIFTH} 14:00:00"),)),
            )
        ),
    ),
    # spills
    "a shift into a day that nothing is left on": Named(
        ("marts.mart_agent_daily", "marts.mart_staffing_daily"),
        History(
            (
                Deliver("shifts", FIRST, (_shift(FIRST, "20:00:00", f"{SECOND}T08:00:00Z"),)),
                Deliver("chats", SECOND, (Chat(1, started=f"{SECOND} 12:00:00", agent=1),)),
                Build(),
                Deliver("chats", SECOND, ()),
            )
        ),
    ),
    # follows
    "a chat beside one that lasts into its day": Named(
        ("marts.mart_handle_times",),
        History(
            (
                Deliver(
                    "chats",
                    FIRST,
                    (
                        _talk(1, f"{FIRST} 23:00:00", f"{FIRST} 23:30:00"),
                        _talk(2, f"{SECOND} 12:00:00", f"{SECOND} 14:00:00"),
                    ),
                ),
                Build(),
                Deliver("chats", SECOND, (_talk(1, f"{FIRST} 23:00:00", f"{SECOND} 13:00:00"),)),
            )
        ),
    ),
    # spills
    "a chat that lasts into the next day": Named(
        ("marts.mart_agent_daily",),
        History(
            (
                Deliver("shifts", FIRST, (_shift(FIRST), _shift(SECOND))),
                Deliver("chats", FIRST, (Chat(1, f"{FIRST} 23:00:00", agent=1),)),
                Build(),
                Deliver(
                    "chats",
                    SECOND,
                    (
                        Chat(
                            1,
                            f"{FIRST} 23:00:00",
                            agent=1,
                            replied=f"{FIRST} 23:10:00",
                            ended=f"{SECOND} 01:00:00",
                        ),
                    ),
                ),
            )
        ),
    ),
    # A rebuild cut a day between its kinds, and each part overwrote the one before.
    "a day of several kinds in a rebuild by chunks": Named(
        ("marts.mart_agent_daily",),
        History(
            (
                Deliver("shifts", FIRST, (_shift(FIRST),)),
                Deliver(
                    "chats",
                    FIRST,
                    (
                        Chat(
                            1,
                            agent=1,
                            replied=f"{FIRST} 12:10:00",
                            ended=f"{FIRST} 12:30:00",
                        ),
                    ),
                ),
            ),
            rebuild_chunk_rows=1,
        ),
    ),
    # Not about increments: a text that is no date stopped the build.
    "a date that is none": Named(
        ("core.fct_costs",),
        History(
            (
                Deliver(
                    "ledger",
                    FIRST,
                    (
                        Other("ledger", (("line", 1), ("from", "soon"), ("amount", 1))),
                        Other(
                            "ledger",
                            (
                                ("line", 2),
                                ("from", FIRST),
                                ("to", FIFTH),
                                ("what", "tools"),
                                ("amount", 1),
                                ("revision", 1),
                            ),
                        ),
                    ),
                ),
            )
        ),
    ),
    # materialization by_day: of a table that is moved, only the days that are not in work are kept
    "a table that moves into files between two days": Named(
        ("core.fct_contacts",),
        History(
            (
                Deliver("chats", SECOND, (Chat(1, started=f"{SECOND} 12:00:00"),)),
                Build(),
                Deliver("chats", FIRST, (Chat(2, started=f"{FIRST} 12:00:00", customer=2),)),
                Deliver("chats", FIFTH, (Chat(1, started=f"{SECOND} 13:00:00"),)),
            ),
            chunk_rows=1,
            most_table_rows=1,
        ),
    ),
    # mart_backlog: it was built for the days of the ticket, not for those before that nobody had
    # told of until then
    "a ticket that tells of the days before it": Named(
        ("marts.mart_backlog",),
        History(
            (
                Deliver("tickets", FIRST, (Ticket(1, created=f"{FIRST} 12:00:00"),)),
                Deliver("chats", FIFTH, (Chat(1, started=f"{FIFTH} 12:00:00"),)),
                Build(),
                Deliver(
                    "tickets",
                    FIFTH,
                    (
                        Ticket(
                            2,
                            created=f"{FIFTH} 12:00:00",
                            status="solved",
                            solved=f"{FIFTH} 13:00:00",
                        ),
                    ),
                ),
            )
        ),
    ),
    # touch_days 'attempts': the next two about the area, and of many late ones a month of days
    "one about an area that comes late": Named(AREAS, about_an_area()),
    "many about an area that come late": Named(AREAS, about_an_area(most_late_contacts=0)),
    # int_area_days follows tickets: who came before is as it was
    "a ticket that is solved after the customer came back": Named(
        AREAS,
        History(
            (
                Deliver(
                    "tickets",
                    FIRST,
                    (Ticket(1, created=f"{FIRST} 12:00:00", agent=1, area="Payments"),),
                ),
                Deliver("chats", TENTH, (Chat(1, started=f"{TENTH} 12:00:00", area="Payments"),)),
                Deliver("tickets", MAY, (Ticket(8, created=f"{MAY} 12:00:00", customer=2),)),
                Build(),
                Deliver(
                    "tickets",
                    TENTH,
                    (
                        Ticket(
                            1,
                            created=f"{FIRST} 12:00:00",
                            updated=f"{TENTH} 13:00:00",
                            agent=1,
                            area="Payments",
                            status="solved",
                            solved=f"{TENTH} 13:00:00",
                        ),
                    ),
                ),
            )
        ),
    ),
}
