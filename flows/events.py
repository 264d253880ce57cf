"""Events: everything that can happen to a session, and what the engine may know of the world when it does."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from flows.records import record
from flows.session import By, Value


class Mode(StrEnum):
    """How questions are put. The same flow runs in each."""

    CHAT = "chat"
    TELEGRAM = "telegram"
    EMAIL = "email"
    FORM = "form"
    CALL = "call"


class Due(StrEnum):
    """Which timer of a session fired."""

    REMIND = "remind"
    CLOSE = "close"


@record(frozen=True, slots=True)
class At:
    """The world at the moment of a step: the engine asks no clock and reads nothing itself.

    `turn` is the `seq` of the Turn that this step becomes. `zone` is the contact's IANA time zone, else the project's.
    `region` is the default country for phone numbers. `known` are facts about the contact, such as `contact.phone`,
    that may stand in texts; `channel` and `message` are noted on answers.
    """

    now: datetime
    turn: int
    mode: Mode = Mode.CHAT
    zone: str = "UTC"
    region: str = "RU"
    channel: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Begin:
    """The first question is asked. `prefill` answers questions beforehand: they are not asked again."""

    prefill: Mapping[str, Value] = field(default_factory=dict)


@record(frozen=True, slots=True)
class GivenFile:
    """A file of a message. `type` is its MIME type as sniffed."""

    id: str
    name: str
    type: str
    size_bytes: int


@record(frozen=True, slots=True)
class Said:
    """The contact wrote or pressed something. `button` is a value that `flows.render` made, or a channel's own.

    `phone` and `location` (latitude, longitude) come from the channel's own request buttons. `at` is when the hub
    received it. `turn` is the turn of the question that the contact had before them, where the channel knows: the
    question that was replied to, or the newest one on the screen. Without it, a text that comes within three seconds
    of an answer in words may be its continuation.
    """

    message: str
    at: datetime
    text: str = ""
    button: str | None = None
    files: Sequence[GivenFile] = ()
    phone: str | None = None
    location: tuple[float, float] | None = None
    turn: int | None = None


@record(frozen=True, slots=True)
class Filled:
    """A page of a form or of a call script: raw values by question id, as a person typed or ticked them.

    A text, ticked codes, a tick, files, or latitude and longitude; an empty one is no answer.

    All of it is taken or nothing: wrong values come back as `Step.faults`. `refused` are questions left out on purpose.
    `turn` is the session's turn the page was made for; None skips the check.
    """

    values: Mapping[str, str | Sequence[str] | bool | Sequence[GivenFile] | tuple[float, float]]
    refused: Mapping[str, str] = field(default_factory=dict)
    by: By = By.CONTACT
    turn: int | None = None
    message: str | None = None


@record(frozen=True, slots=True)
class TimedOut:
    """A timer that this session asked for is due. `turn` is the session's when it asked: an older one does nothing."""

    due: Due
    turn: int


@record(frozen=True, slots=True)
class Held:
    """A person took the conversation: the session waits."""


@record(frozen=True, slots=True)
class Resumed:
    """The conversation came back to the bot, or the contact pressed start again: the open question is put again."""


@record(frozen=True, slots=True)
class Stopped:
    """A person ended the session."""


Event = Begin | Said | Filled | TimedOut | Held | Resumed | Stopped
