"""The clean events of the demo: what really happened, before any file or dirt.

Times are epoch seconds (UTC). `serial` is the order of creation, the id comes later, in the
order of time; everything else about an event never changes once it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from orchestration.demo.world import Customer


@dataclass(slots=True, kw_only=True)
class Contact:
    """What tickets, chats and calls have in common.

    Attributes:
        customer_id: raw number of the customer; None when the source does not know him.
        customer: the customer; None when the id is missing or not in the CRM.
        depth: how many contacts of the same issue came before.
        happy_end: what the customer thinks of the solution, whatever the source says.
    """

    serial: int
    started_at: int
    customer_id: int | None
    customer: Customer | None
    reason: str | None
    area: str | None
    team: str
    queue: str
    depth: int = 0
    is_outbound: bool = False
    is_spam: bool = False
    agent_id: int | None = None
    happy_end: bool = False
    number: int = 0

    @property
    def is_test(self) -> bool:
        return self.customer is not None and self.customer.is_test


@dataclass(frozen=True, slots=True)
class TicketState:
    """A ticket from this moment on."""

    at: int
    status: str
    assignee_id: int | None
    replies: int = 0
    customer_messages: int = 1
    reopens: int = 0
    solves: int = 0
    agents: int = 0
    reassignments: int = 0
    first_replied_at: int | None = None
    first_solved_at: int | None = None
    solved_at: int | None = None
    closed_at: int | None = None
    reopened_at: int | None = None


@dataclass(slots=True, kw_only=True)
class Ticket(Contact):
    """A ticket; `states` ends with the last state before the end of the calendar."""

    channel: str
    priority: str | None
    due_at: int | None = None
    states: list[TicketState] = field(default_factory=list)
    has_metrics: bool = True
    is_bot_only: bool = False
    merged_into: Ticket | None = None
    follows: Ticket | None = None

    @property
    def last(self) -> TicketState:
        return self.states[-1]


@dataclass(slots=True, kw_only=True)
class Chat(Contact):
    """A chat. `resolved_at_first` is what the first delivery says when it is corrected later."""

    country: str
    outcome: Literal["Answered", "Left queue", "Bot", "Closed hours"]
    queued_at: int | None = None
    first_replied_at: int | None = None
    ended_at: int = 0
    duration: int = 0
    agent_messages: int = 0
    visitor_messages: int = 0
    agent_count: int = 0
    resolved: bool | None = None
    resolved_at_first: bool | None = None
    corrected_at: int | None = None


@dataclass(slots=True, kw_only=True)
class Call(Contact):
    """A call; durations are whole seconds, None where the phone system has none.

    Attributes:
        is_level1_resolvable: what its agent said of it afterwards; None when he said nothing.
    """

    disposition: Literal[
        "ANSWERED", "ABANDONED", "ABANDONED_IVR", "VOICEMAIL", "CALLBACK", "CLOSED", "FAILED"
    ]
    queued_at: int | None = None
    answered_at: int | None = None
    ended_at: int = 0
    wait: int | None = None
    talk: int = 0
    hold: int | None = None
    wrap_up: int | None = None
    transfers: int = 0
    resolved: bool | None = None
    resolved_at_first: bool | None = None
    corrected_at: int | None = None
    is_level1_resolvable: bool | None = None


@dataclass(slots=True, kw_only=True)
class Answer:
    """An answer to one survey question.

    Attributes:
        score: score of the last version; None is unrated (delivered as 0).
        first_score: score of the first version when the answer was edited.
        edited_at: when it was edited; None for most.
        feeling: the latent satisfaction that the score follows.
        has_person: whether the survey tool names the customer.
    """

    survey_type: Literal["csat", "nps", "ces", "resolved"]
    version: str
    campaign: Literal["relational", "transactional"]
    aspect: str
    customer: Customer | None
    customer_id: int | None
    contact: Contact | None
    sent_at: int
    created_at: int
    feeling: float
    score: int | None = None
    first_score: int | None = None
    edited_at: int | None = None
    has_person: bool = True
    comment: str | None = None
    number: int = 0
    touchpoint: str = ""
    collected_by: str = ""
    reason: str | None = None
    invitation: Invitation | None = None

    @property
    def is_test(self) -> bool:
        return self.customer is not None and self.customer.is_test


@dataclass(slots=True, kw_only=True)
class Invitation:
    """An invitation to a survey, sent or held back.

    Attributes:
        answers: the answers that it brought, one for each question answered.
        held_back: why it was not sent; None when it was.
        responded_at: when the first question was answered; None when none was by the end.
    """

    campaign: Literal["relational", "transactional"]
    customer: Customer | None
    customer_id: int | None
    contact: Contact | None
    sent_at: int
    answers: list[Answer] = field(default_factory=list)
    number: int = 0
    touchpoint: str = ""
    sent_by: str = ""
    questions: int = 1
    held_back: str | None = None
    bounced: bool = False
    delivered_at: int | None = None
    opened_at: int | None = None
    responded_at: int | None = None
    completed: bool = False

    @property
    def is_test(self) -> bool:
        return self.customer is not None and self.customer.is_test


@dataclass(slots=True, kw_only=True)
class FeedbackCase:
    """What became of a piece of feedback; a moment is None while it has not come."""

    kind: Literal["complaint", "idea", "thanks"]
    category: str
    owner: str
    answer: Answer
    asked_at: int
    categorised_at: int | None = None
    acted_at: int | None = None
    followed_up_at: int | None = None
    number: int = 0


@dataclass(slots=True, kw_only=True)
class Opinion:
    """An answer that the agency collected: to a question of its own, in its own way."""

    question: str
    answer: int
    method: Literal["questionnaire", "group", "listening"]
    collected_by: str
    touchpoint: str
    customer: Customer | None
    contact: Contact | None
    answered_at: int
    number: int = 0

    @property
    def is_test(self) -> bool:
        return self.customer is not None and self.customer.is_test
