"""Flows as a project keeps them: drafts, published versions, and the rules by which they begin on a channel."""

from enum import StrEnum
from typing import Literal

from flows.session import Session, State
from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId, ProjectId

BOT_SETTINGS = "bot"
"""The name under which the shared settings of a project's bot are drafted. No flow may be called so."""

LIVE = (State.ACTIVE, State.WAITING_OPERATOR)
"""Sessions that have not ended."""


class Source(Stored):
    """One file: `b2b.yml` is a flow, `b2b.en.yml` a translation of it, `bot.yml` the shared settings."""

    name: str
    text: str


class LibrarySource(Stored):
    """Another flow that one refers to by its name."""

    flow: str
    source: Source


class FlowDraft(Stored):
    """What is being written: the flow's own file first, then its translations.

    `revision` rises with each save; a save names the one that its author saw. `origin` is the SHA-256 of the files that
    were imported last: while it equals that of `sources`, nobody has edited the draft since. An `archived` flow is put
    away: nobody is offered it.
    """

    id: str
    project: ProjectId
    flow: str
    sources: tuple[Source, ...]
    revision: int
    origin: str | None = None
    archived: bool = False
    updated_at: Moment
    updated_by: OperatorId | None = None


class FlowVersion(Stored):
    """A published flow: never changed. `patch` counts the changes of texts alone that reached sessions of `version`.

    It is compiled from `sources` (the flow's own file, its translations), the shared settings `bot`, and the flows of
    the `library` that it refers to. `restores` is the version whose sources were published again.
    """

    id: str
    project: ProjectId
    flow: str
    version: int
    patch: int = 0
    title: str
    sha256: str
    sources: tuple[Source, ...] = ()
    bot: Source | None = None
    library: tuple[LibrarySource, ...] = ()
    restores: str | None = None
    at: Moment
    by: OperatorId | None = None

    @property
    def label(self) -> str:
        """`3`, or `3.1` for its first patch."""
        return f"{self.version}.{self.patch}" if self.patch else str(self.version)


class StartOn(StrEnum):
    """What begins a flow on a channel. A timer, the API and other flows need no rule."""

    FIRST_MESSAGE = "first_message"
    WORDS = "words"
    START = "start"
    BUTTON = "button"
    RESOLVED = "resolved"


class StartRule(Stored):
    """One rule of a channel; the first that fits wins, `FIRST_MESSAGE` where nothing else does.

    `words` are matched as the whole message; none means the words that the flow itself names. `payload` is what stands
    behind `/start`, or the value of a button; None fits any.
    """

    flow: str
    on: StartOn
    words: tuple[str, ...] = ()
    payload: str | None = None


class FlowMark(Stored):
    """What a conversation shows of its newest session. `seq` is the Turn that holds the session itself.

    `open` is the question that waits for an answer, `asked` the Turn that asked it. `stage` is the newest stage that a
    flow gave the contact here. `moved` is the conversation where the session went on.
    """

    session: str
    flow: str
    version: int
    state: State
    seq: int
    open: str | None = None
    asked: int = 0
    score: float = 0
    outcome: str | None = None
    stage: str | None = None
    moved: ConversationId | None = None

    @property
    def live(self) -> bool:
        """Whether the session has not ended."""
        return self.state in LIVE


class FlowSession(Stored):
    """A session beside what it belongs to, for lists and figures. `seq` is the newest Turn that moved it."""

    id: str
    project: ProjectId
    conversation: ConversationId
    channel: ChannelId
    contact: ContactId
    seq: int
    flow: str
    version: int
    state: State
    outcome: str | None = None
    started_at: Moment
    ended_at: Moment | None = None
    touched_at: Moment
    session: Session


class FlowSummary(Stored):
    """A flow in the list: what is drafted, what is published, how many sessions live on each version.

    `errors` and `warnings` count what a check of the draft finds.
    """

    flow: str
    title: str
    version: str | None
    published_at: Moment | None
    revision: int
    state: Literal["draft", "published", "changed"]
    live: dict[str, int]
    errors: int = 0
    warnings: int = 0
    archived: bool = False
    updated_at: Moment | None = None


class OpenQuestion(Stored):
    """What a session waits for an answer to, and since when."""

    step: str
    asked_at: Moment


class WaitingState(Stored):
    """Of a session, what it waits for; nothing while it asks nothing."""

    open: OpenQuestion | None = None


class WaitingSession(Stored):
    """A session that has not ended, without its answers."""

    id: str
    project: ProjectId
    conversation: ConversationId
    channel: ChannelId
    contact: ContactId
    flow: str
    version: int
    started_at: Moment
    touched_at: Moment
    session: WaitingState


class Stuck(StrEnum):
    """Why a session will not come to its end by itself."""

    ASKS_NOTHING = "asks_nothing"
    """It is active, and no question is open."""
    BOT_FAILED = "bot_failed"
    """A step failed, and people have the conversation."""
    BOT_SILENT = "bot_silent"
    """The bot does not speak there, and nobody holds the conversation."""
    NOT_DELIVERED = "not_delivered"
    """Its question did not reach the contact."""
    TOO_LONG = "too_long"
    """It should have been closed for silence long ago."""


class StuckSession(Stored):
    """A session that needs a person. `since` is when it last moved, `question` what it waits for."""

    session: str
    conversation: ConversationId
    channel: ChannelId
    contact_name: str | None
    flow: str
    version: int
    why: Stuck
    reason: str | None = None
    question: str | None
    started_at: Moment
    since: Moment
