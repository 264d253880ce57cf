"""Start rules: which flow a message begins on its channel; pure."""

from flows.session import State
from flows.words import key_of
from hub.model.channel import Channel
from hub.model.conversation import ConversationState
from hub.model.flow import StartOn, StartRule
from hub.model.message import Message

FORMS = "forms"
"""The kind of channel whose conversations begin with a page: which flow, the page says."""


def concerns(channel: Channel, state: ConversationState) -> bool:
    """Whether a flow may have anything to do with the conversation: if not, nothing of it is read."""
    return (
        bool(channel.flows)
        or channel.kind == FORMS
        or (state.flow is not None and (state.flow.live or state.flow.state is State.ABANDONED))
    )


def rule_for(channel: Channel, message: Message, words: dict[str, frozenset[str]], *, first: bool) -> StartRule | None:
    """The first rule of the channel that `message` fits. `words` are those that flows name themselves."""
    if channel.kind == FORMS and message.started and message.button:
        return StartRule(flow=message.button, on=StartOn.START)
    said = key_of(message.text) if not message.started else ""
    for rule in channel.flows:
        match rule.on:
            case StartOn.START if message.started and rule.payload in (None, message.button):
                return rule
            case StartOn.BUTTON if message.button and not message.started and rule.payload == message.button:
                return rule
            case StartOn.WORDS if said:
                own = frozenset(key_of(word) for word in rule.words) or words.get(rule.flow, frozenset())
                if said in own:
                    return rule
            case StartOn.FIRST_MESSAGE if first:
                return rule
    return None


def starts_by(channel: Channel, payload: str | None) -> bool:
    """Whether pressing start begins a flow here."""
    return channel.kind == FORMS or any(
        rule.on is StartOn.START and rule.payload in (None, payload) for rule in channel.flows
    )
