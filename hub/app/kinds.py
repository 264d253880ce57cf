"""What the hub knows about kinds of channel without opening one."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from pydantic import JsonValue

from connectors.abilities import (
    Attributes,
    BelievesPages,
    ProviderSignIn,
    ShownHtml,
    ShowsHtml,
    SignsIn,
    Tried,
    TriesSettings,
)
from connectors.base import Capabilities
from connectors.errors import ChannelConfigError, PayloadInvalid
from connectors.registry import KINDS, connector_class
from hub.model.channel import Channel
from hub.model.events import InboundEvent, MessageReceived
from hub.model.message import Message
from hub.model.sample import Sample
from hub.services.errors import Invalid


class Kinds:
    """The `Kinds` of `hub.web.context`, answered from the registry. `secret_of` a channel is what it signs with."""

    def __init__(self, secret_of: Callable[[Channel], bytes]) -> None:
        self._secret_of = secret_of

    def capabilities(self, kind: str) -> dict[str, JsonValue]:
        """What a kind can do; empty for one that this hub does not have."""
        if kind not in KINDS:
            return {}
        able: Capabilities = connector_class(kind).capabilities
        return {name: getattr(able, name) for name in Capabilities.__dataclass_fields__}

    def secrets(self, kind: str) -> frozenset[str]:
        """The names of the settings that are never shown."""
        return connector_class(kind).secret_settings if kind in KINDS else frozenset()

    def html(self, kind: str, raw: bytes, *, remote_images: bool) -> ShownHtml | None:
        """The marked form of a raw message, safe to show; None where there is none."""
        shows: object = connector_class(kind) if kind in KINDS else None
        if not isinstance(shows, ShowsHtml):
            return None
        try:
            return shows.html(raw, remote_images=remote_images)
        except PayloadInvalid:
            return None

    def attributed(self, kind: str, message: Message) -> MessageReceived | None:
        """What a message passes on, as if its author had sent it; None where it passes nothing on."""
        knows: object = connector_class(kind) if kind in KINDS else None
        return knows.attributed(message) if isinstance(knows, Attributes) else None

    def try_sample(self, channel: Channel, sample: Sample) -> Tried | None:
        """What a channel with these settings makes of a sample; None where its kind has nothing to try."""
        kind: object = connector_class(channel.kind)
        return kind.try_sample(channel, sample) if isinstance(kind, TriesSettings) else None

    def signing_key(self, channel: Channel) -> str | None:
        """What the page around the channel signs its users with; None where its kind believes no page.

        Raises `Invalid` as `check` does.
        """
        self.check(channel)
        kind: object = connector_class(channel.kind)
        return kind.signing_key(channel, self._secret_of(channel)) if isinstance(kind, BelievesPages) else None

    def check(self, channel: Channel) -> None:
        """Raises `Invalid` for an unknown kind, and for settings that its connector refuses."""
        try:
            connector_class(channel.kind).check(channel)
        except ChannelConfigError as error:
            faults: list[JsonValue] = [asdict(fault) for fault in error.faults]
            raise Invalid("channel_settings", str(error), faults=faults) from None


def provider_sign_in(channel: Channel) -> ProviderSignIn | None:
    """The sign-in to the channel's account at its provider; None where there is none. Raises `ChannelConfigError`."""
    kind: object = connector_class(channel.kind) if channel.kind in KINDS else None
    return kind.provider_sign_in(channel) if isinstance(kind, SignsIn) else None


def own_people() -> frozenset[str]:
    """The kinds whose service has people of its own."""
    return frozenset(kind for kind in KINDS if connector_class(kind).capabilities.own_people)


def keeps_trying_s() -> dict[str, float]:
    """For the kinds that have their own answer, how long a message that cannot be sent is tried."""
    own = {kind: connector_class(kind).capabilities.keeps_trying_s for kind in KINDS}
    return {kind: seconds for kind, seconds in own.items() if seconds is not None}


def stored_is_sent() -> dict[str, bool]:
    """For each kind, whether a message is sent by storing it."""
    return {kind: connector_class(kind).capabilities.stored_is_sent for kind in KINDS}


def events_of(kind: str, raw: bytes) -> Sequence[InboundEvent]:
    """The events of a stored payload. Raises as the connector's `parse`."""
    return connector_class(kind).parse(raw)
