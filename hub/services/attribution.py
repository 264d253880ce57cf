"""Attribution: what a colleague has forwarded becomes a conversation with its author, when an operator says so."""

import asyncio
import contextlib
from collections.abc import Sequence

from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.channel import Channel
from hub.model.content import Details
from hub.model.conversation import Conversation
from hub.model.events import MessageReceived
from hub.model.ids import AttachmentId, ConversationId, MessageId, derived_id
from hub.model.message import Message
from hub.model.operator import Viewer
from hub.services.attachments import Attachments, operator_actor
from hub.services.commands import Note
from hub.services.decisions import on_command
from hub.services.errors import Conflict, NotFound
from hub.services.parked import ReceiveOn
from hub.services.turns import Turns
from hub.store.clock import DatabaseClock
from hub.store.conversations import Conversations
from hub.store.projects import Projects

LISTED_WITHIN_S = 10.0
NOTES = {
    "ru": "Письмо отнесено к автору: {who}. Диалог с ним: {where}",
    "en": "Attributed to its author, {who}. The conversation with them: {where}",
}


class Attribution:
    """Brings the inner message of another one in, once, however often it is asked for."""

    def __init__(
        self,
        attachments: Attachments,
        receive: ReceiveOn,
        conversations: Conversations,
        projects: Projects,
        turns: Turns,
        clock: DatabaseClock,
        *,
        origin: str,
    ) -> None:
        self._attachments, self._receive, self._conversations = attachments, receive, conversations
        self._projects, self._turns, self._clock, self._origin = projects, turns, clock, origin

    async def bring(
        self, viewer: Viewer, channel: Channel, place: Conversation, outer: Message, inner: MessageReceived
    ) -> tuple[ConversationId, MessageId]:
        """Receive `inner`, which `outer` of `place` passes on, for its own author, and note in `place` where it went.

        Raises `Conflict` where it could not be stored, `Unavailable`, and the store's errors: ask again.
        """
        mail = outer.details.mail if outer.details else None
        brought = {"brought_by": viewer.operator, "brought_from": outer.id}
        details = (inner.details or Details()).model_copy(update=brought)
        files = await self._copies(viewer, outer, mail.original if mail else None)
        (received,) = await self._receive(
            channel, [inner.model_copy(update={"details": details, "attachments": tuple(files)})]
        )
        if received.conversation is None or received.message is None:
            raise Conflict(
                "not_readable", "What this message passes on could not be stored. It was put aside as unreadable."
            )
        await self._note(viewer, place, outer, received.conversation, mail.forwarded if mail else None)
        await self._listed(received.conversation)
        return received.conversation, received.message

    async def _note(
        self, viewer: Viewer, place: Conversation, outer: Message, to: ConversationId, who: str | None
    ) -> None:
        """Once, whoever asks and however often, also where a crash came between receiving and noting."""
        project = await self._projects.get(place.project)
        words = NOTES["ru" if project is not None and project.locale.startswith("ru") else "en"]
        note = Note(text=words.format(who=who or "", where=f"{self._origin}/inbox/all/{to}"))
        now = self._clock.now()
        await self._turns.settle(place.id)
        await self._turns.step(place, f"attributed:{outer.id}", lambda state: on_command(state, note, viewer, now))

    async def _listed(self, conversation: ConversationId) -> None:
        """Wait until whoever gets the answer finds the conversation; its list document comes behind its message."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LISTED_WITHIN_S):
                while await self._conversations.any(conversation) is None:
                    await asyncio.sleep(0.02)

    async def _copies(self, viewer: Viewer, outer: Message, original: str | None) -> Sequence[AttachmentRef]:
        """The files anew, so that each conversation has its own: who may see one need not see the other."""
        copies: list[AttachmentRef] = []
        for index, file in enumerate(outer.attachments):
            if file.id == original or file.status is not AttachmentStatus.STORED:
                continue
            try:
                stored = await self._attachments.for_viewer(viewer, file.id)
            except NotFound:
                continue
            copies.append(
                await self._attachments.take(
                    viewer.project, operator_actor(viewer), stored.name, self._attachments.open(stored),
                    attachment=AttachmentId(derived_id(outer.id, index)),
                )
            )  # fmt: skip
        return copies
