"""Retries: a message that failed goes back into the queue, because somebody asks for it."""

from collections.abc import Callable
from datetime import timedelta

from hub.model.ids import ConversationId, MessageId
from hub.model.message import Delivery, DeliveryStatus, Message
from hub.store.clock import DatabaseClock
from hub.store.outgoing import Outgoing


class Retries:
    """Puts failed messages back. `wake` tells the outbox, `tried_s` is how long a message is tried by default."""

    def __init__(
        self, outgoing: Outgoing, clock: DatabaseClock, wake: Callable[[ConversationId], None], *, tried_s: float
    ) -> None:
        self._outgoing, self._clock, self._wake, self._tried_s = outgoing, clock, wake, tried_s

    async def put_back(self, message: MessageId, tried_s: float | None = None) -> Message | None:
        """Queue a failed message again, for `tried_s` or as long as usual; None when it is not failed."""
        expires_at = self._clock.now() + timedelta(seconds=tried_s or self._tried_s)
        queued = Delivery(status=DeliveryStatus.QUEUED, expires_at=expires_at)
        fields = {"status", "attempts", "deferred", "due_at", "expires_at", "code", "reason", "why"}
        change = queued.model_dump(include=fields)
        again = await self._outgoing.move(message, DeliveryStatus.FAILED, change)
        if again is not None:
            self._wake(again.conversation)
        return again
