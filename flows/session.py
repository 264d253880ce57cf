"""Sessions: one contact's run through a flow, as plain data. The hub stores the session in the Turn that moved it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from flows.records import record

Value = bool | int | float | str | tuple[str, ...] | Mapping[str, str | float] | tuple[Mapping[str, str | float], ...]
"""An answer as it is stored and compared, by the question's type:

consent, yesno: bool. choice: the option's code. choices: the codes in the order of the options. text, email: str.
number, rating: int, or float where there is a fraction. date: ISO `2026-12-15`. phone: E.164. file: one mapping per
file with `id`, `name`, `type`, `size_bytes`. location: `latitude` and `longitude` in degrees, or `text`.
"""


class State(StrEnum):
    """How far a session is."""

    ACTIVE = "active"
    WAITING_OPERATOR = "waiting_operator"
    DONE = "done"
    STOPPED = "stopped"
    ABANDONED = "abandoned"


class By(StrEnum):
    """Who gave an answer."""

    CONTACT = "contact"
    OPERATOR = "operator"
    PREFILL = "prefill"


class Refusal(StrEnum):
    """Why an optional question has no value. Kept apart: a call script tells them apart."""

    SKIPPED = "skipped"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@record(frozen=True, slots=True)
class Answer:
    """An answer. `value` None is a refusal. `raw` is what was written or pressed, `version` what asked, such as `3.1`.

    `channel` and `message` are the hub's ids, `turn` is the Turn that asked. `text_hash` of a consent is the SHA-256 of
    the text as it was shown.
    """

    value: Value | None
    raw: str = ""
    refusal: Refusal | None = None
    by: By = By.CONTACT
    at: datetime | None = None
    channel: str | None = None
    message: str | None = None
    version: str = ""
    text_hash: str | None = None
    turn: int = 0


@record(frozen=True, slots=True)
class Open:
    """The open question: `step` is its id. `retries` counts re-asks, `toggled` holds the codes ticked so far.

    `unsure` is a value that was understood but must be confirmed, such as an ambiguous number. `also` are the questions
    that the same e-mail asks after `step`.
    """

    step: str
    asked_at: datetime
    retries: int = 0
    toggled: tuple[str, ...] = ()
    unsure: Value | None = None
    also: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Session:
    """A run through version `version` of `flow`.

    `turn` is the `seq` of the Turn that asked the open question: a press for another turn never advances. `passed` are
    the keys of `say` and `do` steps that have had their effect, so that going back repeats none. `answers` keeps those
    of questions that became irrelevant too; `flows.engine.visible` hides them. `last` is the question that was answered
    last, `message` the message that was handled last.
    """

    id: str
    flow: str
    version: int
    lang: str
    started_at: datetime
    state: State = State.ACTIVE
    turn: int = 0
    open: Open | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    reminded: int = 0
    score: float = 0
    outcome: str | None = None
    touched_at: datetime | None = None
    ended_at: datetime | None = None
    last: str | None = None
    message: str | None = None
