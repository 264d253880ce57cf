"""What a run leaves behind: what clients were promised and shown, what services were handed, what the store holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The hub acknowledged the `number`th message of `visitor`, whose text is `f"{visitor} {number}"`."""

    visitor: str
    number: int
    position: int
    at_s: float

    @property
    def text(self) -> str:
        """What the message says, and by what it is found again."""
        return f"{self.visitor} {self.number}"


@dataclass(frozen=True, slots=True)
class Shown:
    """`reader`, which reads as `visitor`, was shown a message."""

    reader: str
    visitor: str
    position: int
    text: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Answered:
    """An operator's command got a final answer: `done` or refused. `text` is what it was to say, None for the rest.

    `epoch` is the conversation's `control_epoch` in the answer to a take-over.
    """

    operator: str
    key: str
    conversation: str
    done: bool
    at_s: float
    text: str | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """A messaging service was handed a copy of a message."""

    message: str
    conversation: str
    position: int
    at_s: float
    epoch: int | None = None
    """The `control_epoch` a bot's message was decided under."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """What a live screen shows at the end, and what reading everything afresh shows: by id, whatever it shows."""

    reader: str
    kept: Mapping[str, object]
    fresh: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to the hub or its database."""

    what: str
    at_s: float


@dataclass
class Logs:
    """Everything that was seen from outside. `acknowledging` readers count their acknowledged messages as shown."""

    seed: int = 0
    offered: set[str] = field(default_factory=set)
    """Texts that were sent at least once, acknowledged or not."""
    accepted: list[Accepted] = field(default_factory=list)
    readers: dict[str, str] = field(default_factory=dict)
    """Reader to the visitor it reads as."""
    acknowledging: set[str] = field(default_factory=set)
    shown: list[Shown] = field(default_factory=list)
    reloads: int = 0
    answered: list[Answered] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)
    uncertain_causes: int = 0
    """Faults that may each have doubled a message at a service that knows no key."""
    mirrors: list[Mirror] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    surprises: list[Fault] = field(default_factory=list)
    """What nobody did on purpose, such as a hub that ended by itself."""
    ack_ms: list[float] = field(default_factory=list)
    drained: bool = True
    drain_s: float = 0.0


@dataclass
class Stored:
    """Every document of the collections that matter, as the database returns it."""

    messages: Sequence[Document] = ()
    turns: Sequence[Document] = ()
    conversations: Sequence[Document] = ()
    parked: Sequence[Document] = ()
    timers: Sequence[Document] = ()
    flow_sessions: Sequence[Document] = ()
    stage_log: Sequence[Document] = ()


@dataclass(frozen=True, slots=True)
class Offender:
    """One breach: of which promise, in which way, by what, and when it was seen (None: found in the store)."""

    invariant: str
    kind: str
    what: str
    at_s: float | None = None

    @property
    def name(self) -> str:
        """Such as `I1 lost`."""
        return f"{self.invariant} {self.kind}"
