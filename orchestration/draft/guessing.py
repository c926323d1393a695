"""Guesses which raw column is which canonical column, and how its values are written.

Only guesses what the sample proves or a name says; everything else stays undecided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestration.declarations.fields import PERSONAL_NAME
from orchestration.declarations.shapes import Entity, EntityColumn
from orchestration.draft.sniffing import Sample

SHOWN_VALUES = 30
# Canonical column -> names under which products export it, without blanks, case and punctuation.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "ticket_id": ("id", "ticketnumber", "number", "ticketno", "caseid", "casenumber", "incident"),
    "chat_id": ("id", "conversationid", "threadid", "chatnumber"),
    "call_id": ("id", "callnumber", "callno", "callsid"),
    "response_id": ("id", "responseid", "respondentid", "answerid", "surveyid"),
    "customer_id": (
        "requesterid",
        "contactid",
        "userid",
        "clientid",
        "callerid",
        "visitorid",
        "customeremail",
        "requesteremail",
        "email",
        "person",
        "accountid",
    ),
    "agent_id": (
        "agent",
        "assigneeid",
        "assignee",
        "assignedto",
        "responderid",
        "operator",
        "adminid",
    ),
    "team": ("group", "groupid", "assignmentgroup", "department", "callgroupid"),
    "channel": ("via", "ticketchannel", "contacttype", "source", "distributionchannel"),
    "reason": ("topic", "category", "ticketsubject", "tickettype", "type", "callreason", "subject"),
    "product_area": ("product", "productpurchased", "subcategory"),
    "priority": ("ticketpriority", "urgency"),
    "status": ("ticketstatus", "state", "incidentstate"),
    "country_code": ("country",),
    "outcome": ("calloutcome", "answeredyn", "answered", "result", "completionstatus"),
    "created_at": ("createdtime", "openedat", "creationdate", "createddate", "opened"),
    "updated_at": (
        "lastupdate",
        "lastupdated",
        "lastupdatetime",
        "lastchange",
        "lastchanged",
        "lastmodified",
        "lastmodifieddate",
        "modified",
        "modifiedat",
        "changed",
        "changedat",
        "sysupdatedat",
    ),
    "first_replied_at": ("firstresponsetime", "firstrespondedat", "initialresponsetime"),
    "solved_at": ("resolvedat", "resolvedtime", "timetoresolution", "resolved"),
    "closed_at": ("closedtime",),
    "agent_reply_count": ("replies", "agentinteractions", "agentrepliescount"),
    "customer_message_count": ("customerinteractions",),
    "reopen_count": ("reopens", "reopencount"),
    "reassignment_count": ("reassignments",),
    "is_sla_met": ("madesla", "slamet"),
    "is_resolved": ("resolved", "resolvedyn"),
    "started_at": (
        "starttime",
        "start",
        "starts",
        "begin",
        "createdat",
        "created",
        "calldate",
        "date",
        "chatstart",
    ),
    "answered_at": ("timeanswered", "answertime"),
    "ended_at": ("endtime", "end", "ends", "finished", "chatend"),
    "queued_at": ("queuetime",),
    "wait_seconds": ("waittime", "speedofanswerinseconds", "speedofanswer", "queueduration"),
    "talk_seconds": ("talktime", "talkduration", "avgtalkduration", "duration", "handletime"),
    "hold_seconds": ("holdtime",),
    "wrap_up_seconds": ("wrapuptime", "aftercallwork"),
    "score": ("rating", "satisfactionrating", "customersatisfactionrating", "npsscore", "csat"),
    "survey_type": ("surveytype", "surveykind"),
    "contact_ref_id": ("ticketid", "callid", "chatid", "conversationid", "externalreference"),
    "responded_at": (
        "recordeddate",
        "answered",
        "answeredat",
        "submitted",
        "submittedat",
        "completed",
        "created",
        "createdat",
        "enddate",
        "responsedate",
    ),
    "sent_at": ("sentdate", "startdate"),
    "signed_up_at": ("signupdate", "created", "createdat", "customersince"),
    "churned_at": ("churndate", "cancelledat"),
    "plan_tier": ("plan", "tier"),
    "hired_at": ("hiredate", "startdate"),
    "left_at": ("leavedate", "terminationdate"),
}
# Words of products -> canonical choice.
WORDS: dict[str, tuple[str, ...]] = {
    "email": ("mail",),
    "web": ("website", "webform", "selfservice"),
    "phone": ("voice", "call", "telephone"),
    "social": ("socialmedia", "twitter", "facebook"),
    "messaging": ("whatsapp", "messenger"),
    "urgent": ("critical", "1critical"),
    "high": ("2high",),
    "normal": ("medium", "3moderate", "moderate"),
    "low": ("4low",),
    "solved": ("resolved",),
    "pending": ("pendingcustomerresponse", "awaitinguserinfo", "waitingoncustomer"),
    "hold": ("onhold", "awaitingvendor"),
    "answered": ("y", "yes", "true", "completed", "callanswered"),
    "abandoned": ("missed", "unanswered", "callunanswered"),
}
# Names of columns that count the changes of a record.
COUNTERS = (
    "modcount",
    "sysmodcount",
    "modificationcount",
    "changecount",
    "updatecount",
    "version",
    "versionnumber",
    "revision",
    "revisionnumber",
)
TRUE_WORDS = ("true", "t", "yes", "y", "1")
FALSE_WORDS = ("false", "f", "no", "n", "0")
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    *(
        f"{first}{mark}{second}{mark}{year}"
        for mark in ("-", "/", ".")
        for year in ("%Y", "%y")
        for first, second in (("%d", "%m"), ("%m", "%d"))
    ),
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
)
TIME_FORMATS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
CLOCK = re.compile(r"\d{1,3}:\d{2}(:\d{2})?")
PHONE = re.compile(r"\+\d[\d ()/-]{6,}\d|\(?\d{2,5}\)?[ /-]\d[\d -]{4,}\d")
PERSON = re.compile(r"[^\W\d_]+([ .'-]+[^\W\d_]+)*")
EPOCH = range(631_152_000, 4_102_444_800)


@dataclass(frozen=True)
class Moments:
    """How the timestamps of a column are written.

    Attributes:
        candidates: sets of formats each of which reads every value; several are a choice.
        is_naive: whether a value carries no zone.
    """

    candidates: tuple[tuple[str, ...], ...]
    is_naive: bool


def letters(name: str) -> str:
    """A name without blanks, case and punctuation."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def guess_columns(entity: Entity, sample: Sample) -> dict[str, str]:
    """Canonical column to raw column; every raw column is used once, exact names first."""
    free = {letters(column): column for column in reversed(sample.columns)}
    own = entity.name.removesuffix("s").replace("_", "")
    found: dict[str, str] = {}
    for rank in range(3):
        for column in entity.columns:
            names = [letters(column.name), letters(column.name.removesuffix("_seconds"))]
            if column.data_type == "timestamp":
                names.append(letters(column.name.removesuffix("_at")))
            if rank == 1:
                names = [own + name for name in names]
            elif rank == 2:
                names = [*SYNONYMS.get(column.name, ())]
            if column.name in found:
                continue
            for name in names:
                raw = free.get(name)
                if raw is not None and _is_usable(column, sample.values(raw)):
                    found[column.name] = free.pop(name)
                    break
    return {column.name: found[column.name] for column in entity.columns if column.name in found}


def key_candidates(sample: Sample) -> list[str]:
    """Columns that are present and different in every row of the sample."""
    count = len(sample.rows)
    return [
        column
        for column in sample.columns
        if count and len(values := sample.values(column)) == count and len(set(values)) == count
    ]


def counter_column(sample: Sample) -> str | None:
    """A column that counts the changes of a record."""
    for column in sample.columns:
        values = sample.values(column)
        if letters(column) in COUNTERS and values and all(map(str.isdecimal, values)):
            return column
    return None


def numeric_columns(sample: Sample) -> list[str]:
    """Columns that hold numbers only: what a rating can be."""
    return [
        column
        for column in sample.columns
        if (values := sample.values(column)) and all(map(_is_number, values))
    ]


def time_column_for(sample: Sample, raw: str, taken: Sequence[str]) -> str | None:
    """A column of times of day that belongs to a column of bare dates."""
    values = sample.values(raw)
    if not values or any(":" in value for value in values):
        return None
    times = [
        column
        for column in sample.columns
        if column not in taken
        and (found := sample.values(column))
        and all(CLOCK.fullmatch(value) for value in found)
        and "time" in letters(column)
    ]
    expected = letters(raw).replace("date", "time")
    return next((column for column in times if letters(column) == expected), None)


def moments_of(values: Sequence[str]) -> Moments:
    """The formats that read all values."""
    distinct = list(dict.fromkeys(values))
    if not distinct:
        return Moments((), True)
    if all(_is_number(value) for value in distinct) and not _reads(distinct, "%Y%m%d"):
        return Moments(_number_formats([float(value) for value in distinct]), False)
    stamps = [_iso(value) for value in distinct]
    if all(stamps):
        return Moments((("iso",),), any(stamp.tzinfo is None for stamp in stamps if stamp))
    found = []
    for date_format in DATE_FORMATS:
        if formats := _covering(distinct, date_format):
            found.append(formats)
    return Moments(tuple(found), True)


def guess_choice(column: EntityColumn, value: str) -> str | None:
    """The canonical value that a raw one surely is, or None."""
    word = letters(value)
    if column.data_type == "boolean":
        return "true" if word in TRUE_WORDS else "false" if word in FALSE_WORDS else None
    for canonical in column.values:
        if word == letters(canonical) or word in WORDS.get(canonical, ()):
            return canonical
    return None


def guess_unit(raw: str, values: Sequence[str]) -> str:
    """The unit that the values or the name of a duration give away; seconds otherwise."""
    name = letters(raw)
    if values and all(value.count(":") == 2 for value in values):
        return "clock"
    if "millisecond" in name or name.endswith("ms"):
        return "milliseconds"
    if "minute" in name or name.endswith("mins"):
        return "minutes"
    if "hour" in name or name.endswith("hrs"):
        return "hours"
    return "seconds"


def holds_personal(name: str, values: Sequence[str]) -> bool:
    """Whether a column that feeds nothing has names, addresses, numbers or texts of people."""
    return bool(PERSONAL_NAME.search(name)) or any(
        "@" in value or PHONE.fullmatch(value) for value in values
    )


def looks_personal(values: Sequence[str]) -> bool:
    """Whether values look like names, e-mail addresses or phone numbers."""
    if any("@" in value or PHONE.fullmatch(value) for value in values):
        return True
    return bool(values) and all(PERSON.fullmatch(value) for value in values)


def _is_usable(column: EntityColumn, values: list[str]) -> bool:
    """A column whose values cannot be of the type is not the one, whatever its name."""
    if column.data_type == "timestamp":
        return not values or bool(moments_of(values[:200]).candidates)
    if column.kind == "seconds":
        is_clock = all(CLOCK.fullmatch(value) and value.count(":") == 2 for value in values[:200])
        return is_clock or all(_is_number(value) for value in values[:200])
    if column.data_type in ("bigint", "double"):
        return all(_is_number(value) for value in values[:200])
    if column.data_type == "boolean":
        return all(guess_choice(column, value) for value in values[:200])
    if column.kind == "choice" and column.name == "outcome":
        # "Answered" is a time in one export and a yes or no in the next.
        return not values or not moments_of(values[:200]).candidates
    return True


def _covering(values: list[str], date_format: str) -> tuple[str, ...]:
    """The formats with this date part that are needed to read all values; none if they do not."""
    used: list[str] = []
    for value in values:
        fitting = next(
            (
                date_format + time_format
                for time_format in TIME_FORMATS
                if _reads([value], date_format + time_format)
            ),
            None,
        )
        if fitting is None:
            return ()
        if fitting not in used:
            used.append(fitting)
    return tuple(used)


def _number_formats(numbers: list[float]) -> tuple[tuple[str, ...], ...]:
    if all(int(number) in EPOCH for number in numbers):
        return (("epoch_seconds",),)
    if all(int(number / 1000) in EPOCH for number in numbers):
        return (("epoch_milliseconds",),)
    if all(20_000 < number < 80_000 for number in numbers):
        return (("excel_serial",),)
    return ()


def _reads(values: list[str], text_format: str) -> bool:
    try:
        for value in values:
            datetime.strptime(value, text_format)
    except ValueError:
        return False
    return True


def _iso(value: str) -> datetime | None:
    if len(value) < 10 or value[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[+-]?\d+([.,]\d+)?", value) is not None
