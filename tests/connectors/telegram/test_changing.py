"""Changing what was sent: the contact sees the new words, or nothing any more, and operators also the former ones."""

from pathlib import Path

import pytest

from hub.demo.telegram.faults import What
from hub.model.ids import OperatorId, new_id
from hub.model.message import Message
from hub.services.attachments import Attachments
from hub.services.changing import Changing
from hub.services.commands import Note
from hub.services.errors import Conflict, Invalid
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blobs
from hub.store.connection import Connection
from tests.connectors.telegram.site import OPERATOR, Site, reply, site


def changing(at: Site) -> Changing:
    """As the hub has it."""
    pipeline = at.hub.pipeline
    connector, database = at.hub.supervisor.connector, pipeline.connection.database
    files = Attachments(AttachmentStore(database), Blobs(database), pipeline.conversations, pipeline.clock)
    return Changing(
        pipeline.messages, pipeline.contacts, pipeline.clock, pipeline.edits, files, connector=connector, timeout_s=10
    )


async def answered(at: Site, text: str) -> Message:
    """A message of the operator that the contact has."""
    at.person.say("Hello")
    await at.until(lambda thread: thread)
    await at.act(reply(text))
    thread = await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status == "sent")
    return thread[-1]


async def test_an_edit_is_seen_by_the_contact_and_keeps_what_was_said(connection: Connection, tmp_path: Path) -> None:
    """The same words again change nothing; an empty text is refused."""
    async with site(connection, tmp_path) as at:
        message = await answered(at, "It is 1000")
        changed = await changing(at).edit(OPERATOR, message, "It is 100")
        assert at.person.last["text"] == "It is 100"
        assert (changed.text, [one.text for one in changed.edits]) == ("It is 100", ["It is 1000"])
        assert changed.edited_at is not None
        assert await changing(at).edit(OPERATOR, changed, "It is 100") == changed
        with pytest.raises(Invalid):
            await changing(at).edit(OPERATOR, changed, "  ")


async def test_a_deleted_message_is_gone_for_the_contact_and_kept_for_operators(
    connection: Connection, tmp_path: Path
) -> None:
    """A second time it is nothing, and it cannot be edited afterwards."""
    async with site(connection, tmp_path) as at:
        message = await answered(at, "For a colleague")
        gone = await changing(at).delete(OPERATOR, message)
        assert [one.get("text") for one in at.person.messages] == ["Hello"]
        assert (gone.text, gone.attachments, [one.text for one in gone.edits]) == ("", (), ["For a colleague"])
        assert await changing(at).delete(OPERATOR, gone) == gone
        with pytest.raises(Conflict):
            await changing(at).edit(OPERATOR, gone, "back")


async def test_what_the_service_refuses_stays_as_it_is(connection: Connection, tmp_path: Path) -> None:
    """The reason is told, and the hub goes on showing what the contact sees."""
    async with site(connection, tmp_path) as at:
        message = await answered(at, "It is 1000")
        at.simulator.faults.add(What.SERVER_ERROR, "editMessageText", times=1)
        with pytest.raises(Conflict, match="out of order"):
            await changing(at).edit(OPERATOR, message, "It is 100")
        thread = await at.thread()
        assert thread[-1].text == "It is 1000"


async def test_only_the_author_changes_a_message_and_only_one_that_was_sent(
    connection: Connection, tmp_path: Path
) -> None:
    """Notes are changed without any service."""
    async with site(connection, tmp_path) as at:
        message = await answered(at, "It is 100")
        colleague = OPERATOR.model_copy(update={"operator": OperatorId(new_id())})
        with pytest.raises(Conflict, match="author"):
            await changing(at).edit(colleague, message, "x")
        with pytest.raises(Conflict, match="author"):
            await changing(at).edit(OPERATOR, (await at.thread())[0], "x")
        at.person.block()
        await at.act(reply("never arrives"))
        thread = await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status == "failed")
        with pytest.raises(Conflict, match="not sent"):
            await changing(at).edit(OPERATOR, thread[-1], "x")
        await at.act(Note(text="regulr"))
        thread = await at.until(lambda thread: thread[-1].text == "regulr")
        assert (await changing(at).edit(OPERATOR, thread[-1], "regular")).text == "regular"
