"""Which kinds of channel there are. A connector is imported when its first channel is opened, and not before."""

from collections.abc import Collection
from importlib import import_module

from connectors.base import Connector
from connectors.errors import ChannelConfigError

KINDS: dict[str, str] = {
    "console": "connectors.console.connector:Console",
    "email": "connectors.email.connector:Email",
    "forms": "connectors.forms.connector:Forms",
    "generic": "connectors.generic.connector:Generic",
    "jivochat_agents": "connectors.jivochat.agents:JivoAgents",
    "jivochat_bot": "connectors.jivochat.bot:JivoBot",
    "jivochat_events": "connectors.jivochat.events:JivoEvents",
    "telegram": "connectors.telegram.connector:Telegram",
    "webchat": "connectors.webchat.connector:WebChat",
}
"""Kind -> where its class is. A new channel is one folder and one line here."""


def connector_class(kind: str) -> type[Connector]:
    """The class of a kind. Raises `ChannelConfigError` for a kind that this hub does not have."""
    place = KINDS.get(kind)
    if place is None:
        known = ", ".join(sorted(KINDS))
        raise ChannelConfigError(f"This hub has no channels of the kind “{kind}”. It has: {known}.")
    module, _, name = place.partition(":")
    found: type[Connector] = getattr(import_module(module), name)
    return found


def kinds() -> Collection[str]:
    """The kinds that this hub has."""
    return KINDS.keys()
