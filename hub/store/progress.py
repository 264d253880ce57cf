"""Progress: which Turns are applied and which messages decided, written in bulk after the fact."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from hub.model.ids import MessageId, TurnId
from hub.model.turn import Turn, TurnKind
from hub.store.coalesce import Coalescer

REMEMBERED = 50_000  # Turns and messages each; about 10 MB
KeyT = TypeVar("KeyT", bound=str)

Update = tuple[Mapping[str, Any], Mapping[str, Any] | Sequence[Mapping[str, Any]]]


class Progress:
    """Marks done what is done. A mark that is lost in a crash only means that the work is done again, to no effect."""

    def __init__(self, turns: Coalescer, messages: Coalescer) -> None:
        self._turns, self._messages = turns, messages
        self._applied: OrderedDict[TurnId, None] = OrderedDict()
        self._decided: OrderedDict[MessageId, None] = OrderedDict()

    def knows(self, turn: TurnId) -> bool:
        """Whether this process has applied the Turn lately."""
        return turn in self._applied

    def decided(self, message: MessageId) -> bool:
        """Whether this process has marked the message as decided lately; the mark may still be under way."""
        return message in self._decided

    def remember(self, turn: Turn) -> None:
        """This process has applied `turn`, and need not do it again."""
        _remember(self._applied, turn.id)
        if turn.kind is TurnKind.MESSAGE:
            _remember(self._decided, _message_of(turn))

    def forget(self, turn: Turn) -> None:
        """It has not, after all."""
        self._applied.pop(turn.id, None)
        self._decided.pop(_message_of(turn), None)

    async def mark(self, turn: Turn) -> None:
        """All effects of `turn` are in the store."""
        if turn.kind is TurnKind.MESSAGE:
            message = _message_of(turn)
            await self._messages.submit(message, message, _latest, _decided)
        await self._turns.submit(turn.id, turn.id, _latest, _applied)


def _message_of(turn: Turn) -> MessageId:
    return MessageId(turn.cause.removeprefix("message:"))


def _remember(known: OrderedDict[KeyT, None], key: KeyT) -> None:
    known[key] = None
    if len(known) > REMEMBERED:
        known.popitem(last=False)


def _latest(_first: KeyT, later: KeyT) -> KeyT:
    return later


def _decided(message: str) -> Update:
    return {"_id": message, "undecided": True}, {"$unset": {"undecided": ""}}


def _applied(turn: str) -> Update:
    return {"_id": turn, "applied": False}, {"$set": {"applied": True}}
