"""What may come with and after a message: edits with their history, albums in parts, reactions, blocks and moves."""

import asyncio
from datetime import timedelta

from hub.model.attachment import AttachmentRef
from hub.model.content import Details
from hub.model.conversation import ConversationState, LastMessage
from hub.model.events import (
    AddressMoved,
    ContactReturned,
    ContactStopped,
    InboundEvent,
    MessageEdited,
    MessageReceived,
    ReactionsChanged,
    Received,
    Sender,
)
from hub.model.ids import AttachmentId, derived_id
from hub.model.message import Message
from hub.model.turn import Turn
from hub.services.attachments import Attachments
from hub.services.changing import Changing
from hub.services.commands import Note
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blobs
from hub.store.connection import Connection
from hub.store.erasing import NOTHING_SAID
from tests.services.desk import NOW, PROJECT, Desk, eventually, open_desk, viewer

ANNA = viewer("a")
SENDER = Sender(kind="test", value="visitor", name="visitor")


async def _receive(desk: Desk, *events: InboundEvent) -> list[Received]:
    return list(await desk.pipeline.inbound.receive(desk.shop, events))


def _said(name: str, text: str = "first", **more: object) -> MessageReceived:
    return MessageReceived(external_id=name, sender=SENDER, text=text, source_at=NOW, **more)  # type: ignore[arg-type]


def _edit(text: str, seconds: int, **more: object) -> MessageEdited:
    at = NOW + timedelta(seconds=seconds)
    fields = {"target": "m1", **more}
    return MessageEdited(external_id=f"e{seconds}", sender=SENDER, text=text, at=at, **fields)  # type: ignore[arg-type]


async def _stored(desk: Desk, name: str = "m1") -> Message:
    found = await desk.pipeline.messages.by_external_id(desk.shop.id, name)
    assert found is not None
    return found


async def test_an_edit_keeps_what_was_said_before(connection: Connection) -> None:
    """The newest text is shown, with its marks; the earlier ones stay in their order."""
    async with open_desk(connection) as desk:
        await _receive(desk, _said("m1"), _edit("second", 1), _edit("third", 2, html="<b>third</b>"))
        message = await _stored(desk)
        assert (message.text, message.details) == ("third", Details(html="<b>third</b>"))
        assert [(earlier.text, earlier.at) for earlier in message.edits] == [
            ("first", NOW),
            ("second", NOW + timedelta(seconds=1)),
        ]


async def test_an_older_edit_that_comes_again_changes_nothing(connection: Connection) -> None:
    """Neither one from before the newest, nor one of the same second that was replaced already."""
    async with open_desk(connection) as desk:
        await _receive(desk, _said("m1"), _edit("second", 1), _edit("third", 1), _edit("fourth", 2))
        before = await _stored(desk)
        await _receive(desk, _edit("second", 1), _edit("third", 1), _edit("fourth", 2))
        after = await _stored(desk)
        assert (after.text, after.edits, after.edited_at) == (before.text, before.edits, before.edited_at)
        assert before.text == "fourth"


async def test_an_edit_that_comes_before_its_message_is_the_message(connection: Connection) -> None:
    """The original that comes later is a repeat."""
    async with open_desk(connection) as desk:
        [first] = await _receive(desk, _edit("second", 1, whole=_said("m1", "second")))
        [late] = await _receive(desk, _said("m1"))
        assert first.position == late.position == 1
        assert late.repeated
        assert (await _stored(desk)).text == "second"


async def test_an_edit_waits_for_its_message_where_the_service_does_not_say_the_whole(connection: Connection) -> None:
    """The newest of several; what it was before is kept, and nothing of it waits afterwards."""
    async with open_desk(connection) as desk:
        await _receive(desk, _edit("third", 2, html="<b>third</b>"))
        await _receive(desk, _edit("second", 1), _edit("of another", 1, target="m2"))
        await _receive(desk, _said("m1"))

        async def applied() -> bool:
            return (await _stored(desk)).text == "third"

        async def one_waits() -> bool:
            return await connection.database["early_edits"].distinct("target") == ["m2"]

        await eventually(applied)
        message = await _stored(desk)
        assert (message.details, message.edited_at) == (Details(html="<b>third</b>"), NOW + timedelta(seconds=2))
        assert [earlier.text for earlier in message.edits] == ["first"]
        await eventually(one_waits)


async def _shown(desk: Desk, message: Message) -> LastMessage:
    found = await desk.pipeline.conversations.any(message.conversation)
    assert found is not None
    assert found.last_message is not None
    return found.last_message


async def test_the_list_shows_the_new_words_of_the_last_message(connection: Connection) -> None:
    """Of the last one only; an older edit that comes again takes nothing back."""
    async with open_desk(connection) as desk:
        await _receive(desk, _said("m1"))
        message = await _stored(desk)
        await desk.pipeline.turns.settle(message.conversation)
        await _receive(desk, _edit("second", 1), _edit("third", 2), _edit("second", 1))
        assert (await _shown(desk, message)).preview == "third"
        await _receive(desk, _said("m2", "Hello?"))
        await desk.pipeline.turns.settle(message.conversation)
        await _receive(desk, _edit("fourth", 3))
        assert (await _shown(desk, message)).preview == "Hello?"


async def test_an_edit_that_overtakes_the_list_is_shown_there(connection: Connection) -> None:
    """The Turn of the message holds its first words, and is applied after the edit."""
    async with open_desk(connection) as desk:
        applies = desk.pipeline.turns._effects.apply
        goes_on = asyncio.Event()

        async def late(turn: Turn, before: ConversationState | None, received: Message | None = None) -> None:
            await goes_on.wait()
            await applies(turn, before, received)

        desk.pipeline.turns._effects.apply = late  # type: ignore[method-assign]
        await _receive(desk, _said("m1"))
        await _receive(desk, _edit("second", 1))
        goes_on.set()
        message = await _stored(desk)

        async def shown() -> bool:
            listed = await desk.pipeline.conversations.any(message.conversation)
            return listed is not None and listed.last_message is not None and listed.last_message.preview == "second"

        await eventually(shown)


async def test_an_edit_of_what_was_erased_is_nothing(connection: Connection) -> None:
    """Its words are not kept, and nobody looks for it in lists that have lost it."""
    async with open_desk(connection) as desk:
        await _receive(desk, _said("m1"))
        message = await _stored(desk)
        await desk.pipeline.turns.settle(message.conversation)
        await connection.database["messages"].update_one({"_id": message.id}, {"$set": NOTHING_SAID})
        await connection.database["conversations"].delete_one({"_id": message.conversation})
        await _receive(desk, _edit("second", 1))
        assert (await _stored(desk)).text == ""
        assert await connection.database["early_edits"].find_one() is None
        assert not desk.pipeline.edits._unlisted


async def test_the_list_does_not_show_what_a_deleted_message_said(connection: Connection) -> None:
    """It says that it was deleted."""
    async with open_desk(connection) as desk:
        await _receive(desk, _said("m1"))
        conversation = (await _stored(desk)).conversation
        await desk.pipeline.turns.settle(conversation)
        await desk.pipeline.turns.act(ANNA, conversation, Note(text="Secret"), "n")
        note = (await desk.thread(conversation))[-1]
        pipeline = desk.pipeline
        stored = AttachmentStore(connection.database)
        files = Attachments(stored, Blobs(connection.database), pipeline.conversations, pipeline.clock)
        changing = Changing(
            pipeline.messages, pipeline.contacts, pipeline.clock, pipeline.edits, files,
            connector=lambda _: None, timeout_s=5,
        )  # fmt: skip
        await changing.edit(ANNA, note, "Known")
        assert (await _shown(desk, note)).preview == "Known"
        await changing.delete(ANNA, await _again(desk, note))
        shown = await _shown(desk, note)
        assert (shown.preview, shown.deleted) == ("", True)


async def _again(desk: Desk, message: Message) -> Message:
    found = await desk.pipeline.messages.get(message.id)
    assert found is not None
    return found


def _part(name: str, text: str = "") -> MessageReceived:
    file = AttachmentRef(id=AttachmentId(derived_id(name)), name=name, media_type="image/jpeg", size_bytes=1)
    return _said(name, text, album="album1", attachments=(file,))


async def test_an_album_is_one_message(connection: Connection) -> None:
    """Its parts come one by one, twice and again after a crash, and each is in it once; the text is that of a part."""
    async with open_desk(connection) as desk:
        parts = [_part("p1"), _part("p2", "Our receipts"), _part("p3")]
        answers = [(await _receive(desk, part))[0] for part in (*parts, *parts)]
        assert {answer.position for answer in answers} == {1}
        message = await _stored(desk, "album1")
        assert message.text == "Our receipts"
        assert [file.name for file in message.attachments] == ["p1", "p2", "p3"]
        assert message.parts == ("p1", "p2", "p3")


async def test_reactions_stand_on_the_message(connection: Connection) -> None:
    """They are replaced as a whole; a reaction to what we do not have is nothing."""
    async with open_desk(connection) as desk:
        await _receive(desk, _said("m1"))
        for reactions in (("👍", "🔥"), ("👍",)):
            reacted = ReactionsChanged(external_id="r", sender=SENDER, target="m1", reactions=reactions)
            await _receive(desk, reacted, reacted.model_copy(update={"target": "unknown"}))
        assert (await _stored(desk)).reactions == ("👍",)


async def test_a_contact_who_takes_the_block_back_can_be_reached(connection: Connection) -> None:
    """Stopped marks the address, returned takes the mark off."""
    async with open_desk(connection) as desk:
        await _receive(desk, _said("m1"))
        contact = (await _stored(desk)).contact
        await _receive(desk, ContactStopped(external_id="s", sender=SENDER, reason="blocked"))
        assert [one.unreachable for one in await desk.pipeline.contacts.addresses(contact)] == ["blocked"]
        await _receive(desk, ContactReturned(external_id="b", sender=SENDER))
        assert [one.unreachable for one in await desk.pipeline.contacts.addresses(contact)] == [None]


async def test_a_contact_keeps_the_conversation_under_a_new_address(connection: Connection) -> None:
    """What is written under the new value belongs to the same contact, also when the move is said twice."""
    async with open_desk(connection) as desk:
        [first] = await _receive(desk, _said("m1"))
        moved = AddressMoved(external_id="mv", sender=SENDER, to="elsewhere")
        await _receive(desk, moved)
        await _receive(desk, moved)
        [second] = await _receive(
            desk, _said("m2").model_copy(update={"sender": SENDER.model_copy(update={"value": "elsewhere"})})
        )
        assert (second.conversation, second.position) == (first.conversation, 2)
        contact = await desk.pipeline.contacts.at(PROJECT, SENDER.model_copy(update={"value": "elsewhere"}))
        assert contact == (await _stored(desk)).contact
