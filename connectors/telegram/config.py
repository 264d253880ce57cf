"""What can be set on a Telegram channel."""

from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hub.model.base import Written

TELEGRAM = "https://api.telegram.org"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Mode(StrEnum):
    """How updates come: we ask for them, Telegram calls us, or the bot is another program that reports them."""

    POLLING = "polling"
    WEBHOOK = "webhook"
    BRIDGE = "bridge"


class GroupShows(StrEnum):
    """Which conversations become topics: those that need a person, or every new one."""

    WAITING = "waiting"
    ALL = "all"


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write an address such as https://api.telegram.org")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("the token would travel in clear: use https, or http on this machine only")
    return url.rstrip("/")


class Settings(Written):
    """The channel's settings, checked when it is opened."""

    token: Annotated[
        str,
        StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{1,20}:[A-Za-z0-9_-]{3,80}$"),
    ] = Field(description="The bot's token, from @BotFather.", examples=["123456789:AAbbCCddEEffGGhh"])
    mode: Mode = Field(Mode.POLLING, description="How updates come; a webhook needs a public https address.")
    groups: bool = Field(False, description="Whether what is written in groups becomes conversations too.")
    business: bool = Field(True, description="Whether chats of Telegram Business accounts are taken.")
    typing: bool = Field(True, description="Whether the contact sees that an operator is writing.")
    operators_group: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^-100[0-9]{5,15}$")] | None = (
        Field(None, description="The id of a forum supergroup in which operators answer.", examples=["-1001234567890"])
    )
    group_shows: GroupShows = Field(
        GroupShows.WAITING, description="Which conversations become topics of the operators' group."
    )
    api_url: Annotated[str, AfterValidator(_address)] = Field(
        TELEGRAM, description="Another Bot API server, such as one of your own."
    )
    link_url: Annotated[str, AfterValidator(_address)] = Field(
        "https://t.me",
        description="Where links to the bot lead: another place for a Telegram that is not the real one.",
    )
    webhook_url: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="The hub's address as Telegram reaches it, where it is not the hub's public one."
    )
    bridge_secret: Annotated[str, StringConstraints(min_length=16, max_length=128)] | None = Field(
        None, description="What a bot of your own shows the hub, in the mode “bridge”: at least 16 characters."
    )
    poll_timeout_s: int = Field(25, ge=0, le=50, description="How long Telegram holds an empty answer back.")
    max_connections: int = Field(40, ge=1, le=100, description="Webhook calls at once.")
    sends_per_s: int = Field(30, ge=1, le=1000, description="Messages a second for the whole bot.")

    @model_validator(mode="after")
    def _bridge_needs_a_secret(self) -> Self:
        if self.mode is Mode.BRIDGE and not self.bridge_secret:
            raise ValueError("the mode “bridge” needs a bridge_secret of at least 16 characters")
        if self.mode is Mode.BRIDGE and self.operators_group:
            raise ValueError("an operators_group needs a bot that the hub reads itself: choose polling or webhook")
        return self
