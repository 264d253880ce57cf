"""Handed: messages stored a moment ago, kept for the step that decides them, so that it need not read them again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from hub.model.ids import ConversationId
from hub.model.message import Message

HANDED_AT_MOST = 10_000  # messages that wait here, about 30 MB; of what is more the store is asked
REMEMBERED = 50_000  # conversations; about 5 MB

FirstOfRun = Callable[[ConversationId], int | None]
"""The position from which on this process has appended every message of a conversation; None when that is not known."""


class Handed:
    """Received messages in the order of their positions, as long as it is certain that none between them is missing.

    The store stays the truth: where a message of another process may lie between, where one was stored and its sender
    had gone, where too many wait or a decision failed, `take` says that the store has to be asked.
    """

    def __init__(self, first_of_run: FirstOfRun) -> None:
        self._first_of_run = first_of_run
        self._waiting: dict[ConversationId, list[Message] | None] = {}
        self._count = 0
        self._decided: OrderedDict[ConversationId, int] = OrderedDict()

    def offer(self, message: Message) -> None:
        """Keep a message that this process has just stored, for the first time."""
        held = self._waiting.setdefault(message.conversation, [])
        if held is None:
            return
        if self._count >= HANDED_AT_MOST:
            self.ask(message.conversation)
            return
        held.append(message)
        self._count += 1

    def ask(self, conversation: ConversationId) -> None:
        """Ask the store for this conversation: what is kept here may not be all."""
        self._count -= len(self._waiting.get(conversation) or ())
        self._waiting[conversation] = None

    def waits(self, conversation: ConversationId) -> bool:
        """Whether there is more of this conversation to be decided."""
        return conversation in self._waiting

    def take(self, conversation: ConversationId) -> Sequence[Message] | None:
        """The messages to be decided next, in order; None when the store has to be asked."""
        held = self._waiting.pop(conversation, None)
        if held is None:
            return None
        self._count -= len(held)
        decided = self._decided.get(conversation, 0)
        follows: list[Message] = []
        for message in held:
            if message.position <= decided:
                continue
            if message.position != decided + 1 and not self._all_own(conversation, decided + 1):
                return None
            follows.append(message)
            decided = message.position
        return follows

    def decided(self, conversation: ConversationId, position: int) -> None:
        """Every received message up to `position` is decided."""
        self._decided[conversation] = max(position, self._decided.get(conversation, 0))
        self._decided.move_to_end(conversation)
        if len(self._decided) > REMEMBERED:
            self._decided.popitem(last=False)

    def _all_own(self, conversation: ConversationId, position: int) -> bool:
        first = self._first_of_run(conversation)
        return first is not None and first <= position
