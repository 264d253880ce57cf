"""Channels: one configured account of a kind, and how it is doing."""

from enum import StrEnum

from pydantic import Field, JsonValue

from hub.model.base import Moment, Stored
from hub.model.flow import StartRule
from hub.model.ids import ChannelId, ProjectId, TeamId
from hub.model.why import Why


class Reopen(StrEnum):
    """What a new message on a resolved conversation does."""

    REOPEN = "reopen"
    NEW = "new"
    REOPEN_WITHIN = "reopen_within"


class ReopenRule(Stored):
    """The reopen rule of a channel."""

    rule: Reopen = Reopen.REOPEN
    within_days: int = 14
    keep_owner: bool = True


class ChannelState(StrEnum):
    """What supervision sees of a channel right now."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    BACKING_OFF = "backing_off"
    NEEDS_ATTENTION = "needs_attention"


class ChannelHealth(Stored):
    """How a channel is doing, in words an admin reads. `notice`: it works, but something beside it does not.

    `error_why` and `notice_whys` are the reasons, to be said in other languages.
    """

    state: ChannelState = ChannelState.STOPPED
    error: str | None = None
    error_why: Why | None = None
    notice: str | None = None
    notice_whys: tuple[Why, ...] = ()
    since: Moment | None = None
    last_inbound_at: Moment | None = None
    last_outbound_at: Moment | None = None


class Channel(Stored):
    """One configured account of a connector's kind: one bot, one mailbox, one widget.

    `key` is public (it stands in the widget's script tag). `settings` is validated by the connector's own
    `config.py`. `greeting` is said once, when a conversation begins; None says nothing. `flows` are the rules by which
    flows begin here; with any, the bot speaks first where one fits. `raw_days` is for how long raw payloads are kept
    (the original of a mail, what was parked and is done); None keeps them for ever.
    """

    id: ChannelId
    project: ProjectId
    kind: str
    name: str
    key: str
    enabled: bool = True
    team: TeamId | None = None
    reopen: ReopenRule = ReopenRule()
    greeting: str | None = None
    flows: tuple[StartRule, ...] = ()
    raw_days: int | None = None
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    health: ChannelHealth = ChannelHealth()
    created_at: Moment
    revision: int = 0
