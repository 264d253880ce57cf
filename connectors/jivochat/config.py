"""What can be set on the three kinds of JivoChat channel."""

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.model.base import Written
from hub.model.ids import ID_PATTERN

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,200}$")]
"""JivoChat signs nothing: what stands in the address is all that proves who calls."""
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=500)]


class BotSettings(Written):
    """Our flows inside JivoChat. `provider_id` is what JivoChat calls us; `token` stands in the addresses both ways."""

    provider_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = Field(examples=["sample"])
    token: Token
    api_url: Address = "https://bot.jivosite.com"


class EventSettings(Written):
    """JivoChat's events. `token` is the last part of the address that JivoChat calls.

    `tell_agents` puts what the hub knows of a visitor beside their chat.
    """

    token: Token
    tell_agents: bool = True


class AgentSettings(Written):
    """JivoChat's agents. `chat_url` is the channel's address there (`https://wh.jivosite.com/<random>/<channel>`).

    `token` is the last part of the address that JivoChat calls. `channels` are the ids of those whose contacts the
    agents serve: what waits there for a person is theirs, unless an operator of the hub takes it.
    """

    chat_url: Address
    token: Token
    channels: Annotated[tuple[Annotated[str, StringConstraints(pattern=ID_PATTERN)], ...], Field(max_length=100)] = ()
