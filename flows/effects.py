"""Effects: what a step causes. The engine only returns them; the hub carries each out once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flows.events import Due
from flows.records import record
from flows.session import Value


@record(frozen=True, slots=True)
class Choice:
    """One answer that can be pressed. `value` comes back: `f:<session>:<turn>:<n>`, at most 64 bytes.

    `n` is the option's index, or `skip`, `back`, `done`, `yes`, `no`; several indexes are joined by commas. `p1` turns
    to the second page of options, `e3` opens the fourth question again. `selected` marks a ticked option of `choices`.
    """

    label: str
    value: str
    code: str | None = None
    selected: bool = False


@record(frozen=True, slots=True)
class Prompt:
    """An open question as every mode shows it. `type` is one of the twelve; `limits` are `min`, `max` as texts.

    `multiple`: several choices may be ticked, up to `max_choices`; `alone` are codes that clear the others. `request`
    is what the channel may ask for with a button of its own: `phone`, `location`, `file`.
    """

    question: str
    type: str
    text: str
    hint: str | None = None
    link: str | None = None
    choices: tuple[Choice, ...] = ()
    multiple: bool = False
    max_choices: int | None = None
    alone: tuple[str, ...] = ()
    optional: bool = False
    limits: tuple[str | None, str | None] = (None, None)
    accept: tuple[str, ...] = ()
    request: str | None = None
    turn: int = 0


@record(frozen=True, slots=True)
class Say:
    """Something is said to the contact: a text, and the question it ends with, rendered for the session's mode.

    `text` is what a person reads, complete; `prompt` lets a channel draw buttons and inputs. `automatic` texts
    (reminders, that nobody is on duty) do not count as an answer to the contact.
    """

    text: str
    prompt: Prompt | None = None
    automatic: bool = False


@record(frozen=True, slots=True)
class Redraw:
    """The message that asked shows other ticks now; nothing new is said."""

    prompt: Prompt


@record(frozen=True, slots=True)
class Toast:
    """A short word to whoever pressed a button, where the channel can show one; else nothing.

    `choices` are what may be pressed next; a channel that has no toasts but buttons may say both.
    """

    text: str
    choices: tuple[Choice, ...] = ()


@record(frozen=True, slots=True)
class SetField:
    """A field of the contact. `verified`: the channel vouches for it."""

    name: str
    value: str
    verified: bool = False


@record(frozen=True, slots=True)
class AddTag:
    """A tag of the conversation."""

    tag: str


@record(frozen=True, slots=True)
class SetStage:
    """The contact's place in the sales funnel."""

    stage: str


@record(frozen=True, slots=True)
class SetPriority:
    """`low`, `medium`, `high` or `urgent`."""

    priority: str


@record(frozen=True, slots=True)
class Escalate:
    """People take over. `team` None is the channel's own. `reason` is one of the hub's control reasons.

    `online` follows when somebody of the team is on duty, `away` when nobody is; the hub knows which.
    """

    team: str | None
    reason: str = "flow_escalated"
    online: tuple["Effect", ...] = ()
    away: tuple["Effect", ...] = ()


@record(frozen=True, slots=True)
class StartFlow:
    """Another flow begins, at once or later."""

    flow: str
    after: timedelta | None = None


@record(frozen=True, slots=True)
class CallBack:
    """The contact is to be called. `phone` None: the number that is known of them. `team` None is the channel's own.

    `wanted` is when, as a day, a time of day or both (`2026-11-24 10:00`), in the contact's zone; empty: `within` so
    long, or the hub's norm.
    """

    phone: str | None
    wanted: str = ""
    within: timedelta | None = None
    topic: str = ""
    team: str | None = None


@record(frozen=True, slots=True)
class CallWebhook:
    """An outgoing webhook named in the project's settings, with the answers that are visible."""

    name: str
    body: Mapping[str, Value]


@record(frozen=True, slots=True)
class RecordConsent:
    """A consent was given or refused, for this text."""

    question: str
    given: bool
    text: str
    text_hash: str


@record(frozen=True, slots=True)
class OptOut:
    """The contact wants no messages that they did not ask for."""


@record(frozen=True, slots=True)
class Erase:
    """The answers are not kept: only the fact of refusal."""


@record(frozen=True, slots=True)
class SetTimer:
    """The session wants to be woken. A later one of the same kind replaces it."""

    due: Due
    at: datetime


@record(frozen=True, slots=True)
class CancelTimers:
    """Nothing of this session is due any more."""


@record(frozen=True, slots=True)
class Finish:
    """The session ended with this outcome (`stopped` and `abandoned` too)."""

    outcome: str
    score: float


Effect = (
    Say | Redraw | Toast | SetField | AddTag | SetStage | SetPriority | Escalate | StartFlow | CallBack | CallWebhook
    | RecordConsent | OptOut | Erase | SetTimer | CancelTimers | Finish
)  # fmt: skip
