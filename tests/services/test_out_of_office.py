"""What a flow says when it hands over and nobody is on duty, against a real MongoDB."""

from hub.model.views import View
from hub.store.connection import Connection
from tests.services.desk import eventually, viewer
from tests.services.flow_desk import open_flow_desk

LATER = "Nobody is on duty right now. A colleague will answer here as soon as possible."


async def test_out_of_office_words_do_not_hide_what_the_contact_wrote(connection: Connection) -> None:
    """They are automatic: the list goes on showing the contact's words, which nobody has answered."""
    async with open_flow_desk(connection) as desk:
        conversation = (await desk.says("hello")).conversation
        assert conversation is not None

        async def told(text: str) -> bool:
            return text in await desk.told(conversation)

        await eventually(lambda: told("What is your name?"))
        await desk.says("operator")
        await eventually(lambda: told(LATER))
        assert [message.automatic for message in await desk.said(conversation)] == [False, True]

        async def listed() -> bool:
            found, _ = await desk.pipeline.conversations.list(viewer("a"), View.UNATTENDED)
            return [item.last_message.preview for item in found if item.last_message] == ["operator"]

        await eventually(listed)
