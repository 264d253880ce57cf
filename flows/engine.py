"""The engine: a pure function from a flow, a session, an event and the world to the next session and its effects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flows.definition import Flow
from flows.effects import Effect
from flows.events import At, Begin, Event
from flows.session import Answer, Session


class Verdict(StrEnum):
    """What a step made of its event.

    A message that was `asked_again`, `answered_faq` or `nothing` did not answer the open question: the hub may throw
    the step away and begin another flow whose start word it is.
    """

    ADVANCED = "advanced"
    ASKED_AGAIN = "asked_again"
    ANSWERED_FAQ = "answered_faq"
    NOTED = "noted"
    STALE = "stale"
    JOINED = "joined"
    CHANGED = "changed"
    COMMANDED = "commanded"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    ENDED = "ended"
    REFUSED = "refused"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Step:
    """What an event leads to. `faults` are sentences by question id, when a page was not taken."""

    session: Session
    effects: tuple[Effect, ...] = ()
    verdict: Verdict = Verdict.NOTHING
    faults: Mapping[str, str] = field(default_factory=dict)


def begin(flow: Flow, id: str, lang: str, event: Begin, at: At) -> Step:  # noqa: A002 - the session's id
    """Open a session and ask the first question that `event.prefill` leaves open."""
    raise NotImplementedError


def step(flow: Flow, session: Session, event: Event, at: At) -> Step:
    """What `event` does to `session`."""
    raise NotImplementedError


def move(old: Flow, new: Flow, session: Session, at: At) -> Step:
    """Carry `session` over to the newer version `new`, with the answers that are still valid there."""
    raise NotImplementedError


def visible(flow: Flow, session: Session, at: At) -> Mapping[str, Answer]:
    """The answers of questions that are relevant now, in the order of the questions."""
    raise NotImplementedError
