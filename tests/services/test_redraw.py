"""Buttons that change after they were sent: the store first, then the service, and never back to an older look."""

from dataclasses import dataclass, field
from typing import ClassVar

from connectors.base import Capabilities, OutgoingMessage
from connectors.errors import ChannelUnavailable, MessageRejected
from hub.model.conversation import ConversationState
from hub.model.ids import ConversationId, MessageId
from hub.model.message import Ask, Button, Message
from hub.model.turn import Effect, Redraw, Say, Toast, TurnKind
from hub.services.decisions import BOT, Decision
from hub.store.connection import Connection
from tests.services.desk import Desk, Service, eventually, open_desk

PLAIN = (Button(label="Red", value="f:s:2:0"), Button(label="Blue", value="f:s:2:1"))
TICKED = (Button(label="Red", value="f:s:2:0", selected=True), PLAIN[1])


@dataclass
class Editing(Service):
    """A service that lets sent messages change."""

    capabilities: ClassVar[Capabilities] = Capabilities(text_limit=4000, attachment_bytes=0, buttons=8, edits=True)
    edited: list[Message] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    toasts: list[tuple[MessageId, str]] = field(default_factory=list)

    async def edit(self, message: OutgoingMessage) -> None:
        """Note the change, or refuse it."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.edited.append(message.message)

    def toast(self, message: MessageId, text: str) -> None:
        """Note the word."""
        self.toasts.append((message, text))


async def test_ticks_are_shown_by_the_service_once(connection: Connection) -> None:
    """The message that asked changes, in the store and then at the service, under its id there."""
    async with open_desk(connection, service=Editing()) as desk:
        service, conversation = await _asked(desk)
        await _step(desk, conversation, Redraw(asked=2, question="colour", buttons=TICKED))
        await eventually(lambda: _edits(service, 1))
        (shown,) = service.edited
        assert shown.buttons == TICKED
        assert shown.delivery is not None
        assert shown.delivery.external_ids == ("s1",)
        await eventually(lambda: _nothing_to_redraw(connection))
        assert len(service.seen) == 1


async def test_edit_that_fails_for_now_is_tried_again_and_a_refused_one_is_not(connection: Connection) -> None:
    """An outage of the service delays the ticks; a refusal ends the matter, and sending goes on."""
    async with open_desk(connection, service=Editing()) as desk:
        service, conversation = await _asked(desk)
        service.refusals.append(ChannelUnavailable("away"))
        await _step(desk, conversation, Redraw(asked=2, question="colour", buttons=TICKED))
        await eventually(lambda: _edits(service, 1))
        service.refusals.append(MessageRejected("too_old", "It is too old to be changed."))
        await _step(desk, conversation, Redraw(asked=2, question="colour", buttons=PLAIN))

        async def settled() -> bool:
            return not service.refusals and not await connection.database["messages"].count_documents(
                {"redraw_due": True}
            )

        await eventually(settled)
        await _step(desk, conversation, Say(author=BOT, text="Next?"))

        async def sent() -> bool:
            return [message.text for message in service.seen] == ["Which colour?", "Next?"]

        await eventually(sent)
        assert len(service.edited) == 1


async def test_older_look_never_comes_back(connection: Connection) -> None:
    """A Turn that is applied again after a crash changes nothing that a later one has drawn."""
    async with open_desk(connection, service=Editing()) as desk:
        service, conversation = await _asked(desk)
        await _step(desk, conversation, Redraw(asked=2, question="colour", buttons=TICKED))
        await _step(desk, conversation, Redraw(asked=2, question="colour", buttons=PLAIN))

        async def shown() -> bool:  # of two that follow at once the service may be told the second alone
            return bool(service.edited) and service.edited[-1].buttons == PLAIN

        await eventually(shown)
        asked = service.edited[-1].id
        await desk.pipeline.outgoing.redraw(asked, TICKED, 3, due=True)
        message = await desk.pipeline.messages.get(asked)
        assert message is not None
        assert (message.buttons, message.redrawn, message.redraw_due) == (PLAIN, 4, False)


async def test_word_to_whoever_pressed_reaches_the_channel_at_most_once(connection: Connection) -> None:
    """It is for the press, and for nobody who comes later: a channel that does not run here shows none."""
    async with open_desk(connection, service=Editing()) as desk:
        service, conversation = await _asked(desk)
        await _step(desk, conversation, Toast(message="press", text="Two at most"))
        service.up = False
        await _step(desk, conversation, Toast(message="later", text="Two at most"))
        assert service.toasts == [("press", "Two at most")]


async def _asked(desk: Desk) -> tuple[Editing, ConversationId]:
    received = await desk.says("hello", channel=desk.phone)
    assert received.conversation is not None

    async def listed() -> bool:
        return await desk.pipeline.conversations.any(received.conversation) is not None  # type: ignore[arg-type]

    await eventually(listed)
    ask = Ask(question="colour", type="choices", multiple=True)
    await _step(desk, received.conversation, Say(author=BOT, text="Which colour?", buttons=PLAIN, ask=ask))

    async def sent() -> bool:
        return len(desk.service.seen) == 1

    await eventually(sent)
    assert isinstance(desk.service, Editing)
    return desk.service, received.conversation


async def _step(desk: Desk, conversation: ConversationId, effect: Effect) -> None:
    place = await desk.pipeline.conversations.any(conversation)
    assert place is not None

    def decide(state: ConversationState) -> Decision:
        return Decision(TurnKind.FLOW, state, (effect,))

    newest = await desk.pipeline.turn_store.newest(conversation, fresh=True)
    assert newest is not None
    await desk.pipeline.turns.step(place, f"test:{newest.seq}", decide)


async def _edits(service: Editing, count: int) -> bool:
    return len(service.edited) >= count


async def _nothing_to_redraw(connection: Connection) -> bool:
    return await connection.database["messages"].count_documents({"redraw_due": True}) == 0
