"""Start rules: which flow a message begins on its channel; pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from flows.session import State
from flows.words import key_of
from hub.model.channel import Channel
from hub.model.conversation import ConversationState
from hub.model.flow import StartOn, StartRule

FORMS = "forms"
"""The kind of channel whose conversations begin with a page: which flow, the page says."""


class Says(Protocol):
    """A message, as rules look at it."""

    @property
    def text(self) -> str: ...
    @property
    def button(self) -> str | None: ...


def concerns(channel: Channel, state: ConversationState) -> bool:
    """Whether a flow may have anything to do with the conversation: if not, nothing of it is read."""
    return (
        bool(channel.flows)
        or channel.kind == FORMS
        or (state.flow is not None and (state.flow.live or state.flow.state is State.ABANDONED))
    )


def rule_for(
    channel: Channel, message: Says, words: Mapping[str, frozenset[str]], *, first: bool, started: bool = False
) -> StartRule | None:
    """The first rule of the channel that `message` fits; one for any first message only if no other fits.

    `words` are those that flows name themselves.
    `started`: the contact pressed start, whose payload is the button. `first`: the conversation begins with it.
    """
    if channel.kind == FORMS and started and message.button:
        return StartRule(flow=message.button, on=StartOn.START)
    said: str | None = None
    whatever = None
    for rule in channel.flows:
        match rule.on:
            case StartOn.START if started and rule.payload in (None, message.button):
                return rule
            case StartOn.BUTTON if message.button and not started and rule.payload == message.button:
                return rule
            case StartOn.WORDS if not started:
                said = key_of(message.text) if said is None else said
                if said and said in (_keys_of(rule.words) or words.get(rule.flow, frozenset())):
                    return rule
            case StartOn.FIRST_MESSAGE if first:
                whatever = whatever or rule
    return whatever


@lru_cache(maxsize=1_000)
def _keys_of(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(key_of(word) for word in words)


def starts_by(channel: Channel, payload: str | None) -> bool:
    """Whether pressing start begins a flow here."""
    return channel.kind == FORMS or any(
        rule.on is StartOn.START and rule.payload in (None, payload) for rule in channel.flows
    )
