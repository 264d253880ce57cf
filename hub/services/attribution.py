"""Attribution: what a colleague has forwarded becomes a conversation with its author, when an operator says so."""

from collections.abc import Sequence

from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.channel import Channel
from hub.model.content import Details
from hub.model.events import MessageReceived, Received
from hub.model.ids import AttachmentId, derived_id
from hub.model.message import Message
from hub.model.operator import Viewer
from hub.services.attachments import Attachments, operator_actor
from hub.services.errors import NotFound
from hub.services.parked import ReceiveOn


class Attribution:
    """Brings the inner message of another one in, once, however often it is asked for."""

    def __init__(self, attachments: Attachments, receive: ReceiveOn) -> None:
        self._attachments, self._receive = attachments, receive

    async def bring(
        self, viewer: Viewer, channel: Channel, outer: Message, inner: MessageReceived, original: str | None
    ) -> Received:
        """Receive `inner`, which `outer` passes on, for its own author. `original` is a file that is not copied.

        Raises `Unavailable`: nothing happened, ask again.
        """
        details = (inner.details or Details()).model_copy(update={"brought_by": viewer.operator})
        files = await self._copies(viewer, outer, original)
        (received,) = await self._receive(
            channel, [inner.model_copy(update={"details": details, "attachments": tuple(files)})]
        )
        return received

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
