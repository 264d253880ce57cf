"""What comes out of a step."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from flows.effects import Effect
from flows.records import record
from flows.session import Session


class Verdict(StrEnum):
    """What a step made of its event.

    `advanced`: answered, the next question is open. `asked_again`, `answered_faq`, `nothing`: the message did not
    answer the open question, so the hub may throw the step away and begin another flow whose start word it is.
    `confirming`: it was understood, and the contact is asked whether rightly. `noted`: it came too early or twice.
    `joined`: it continues the answer before. `stale`: it belongs to an older question. `changed`: ticks changed, or an
    earlier question is open again. `commanded`: a global word. `refused`: a page was not taken, see `Step.faults`.
    `ended`: the session is over.
    """

    ADVANCED = "advanced"
    ASKED_AGAIN = "asked_again"
    ANSWERED_FAQ = "answered_faq"
    CONFIRMING = "confirming"
    NOTED = "noted"
    STALE = "stale"
    JOINED = "joined"
    CHANGED = "changed"
    COMMANDED = "commanded"
    REMINDED = "reminded"
    HELD = "held"
    RESUMED = "resumed"
    ESCALATED = "escalated"
    ENDED = "ended"
    REFUSED = "refused"
    NOTHING = "nothing"


@record(frozen=True, slots=True)
class Step:
    """What an event leads to. `faults` are sentences by question id, when a page was not taken."""

    session: Session
    effects: tuple[Effect, ...] = ()
    verdict: Verdict = Verdict.NOTHING
    faults: Mapping[str, str] = field(default_factory=dict)
