"""Progress: which Turns are applied and which messages decided, written in bulk after the fact."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, TypeVar

from pymongo.asynchronous.database import AsyncDatabase

from hub.model.ids import MessageId, TurnId
from hub.model.turn import Turn, TurnKind

REMEMBERED = 50_000  # Turns and messages each; about 10 MB
AT_ONCE = 1_000  # marks in one write
KeyT = TypeVar("KeyT", bound=str)


class Progress:
    """Marks done what is done. A mark that is lost in a crash only means that the work is done again, to no effect."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._turns, self._messages = database["turns"], database["messages"]
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

    async def mark(self, turns: Sequence[Turn]) -> None:
        """All effects of `turns` are in the store. Marking twice changes nothing; raises the driver's errors."""
        messages = [_message_of(turn) for turn in turns if turn.kind is TurnKind.MESSAGE]
        marked = [turn.id for turn in turns if turn.applied is not None]
        # One update of many costs the database half of what as many updates of one cost.
        for part in _parts(messages):
            await self._messages.update_many({**part, "undecided": True}, {"$unset": {"undecided": ""}})
        for part in _parts(marked):
            await self._turns.update_many({**part, "applied": False}, {"$set": {"applied": True}})


def _parts(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Filters for so many of `ids` at once."""
    return [{"_id": {"$in": ids[first : first + AT_ONCE]}} for first in range(0, len(ids), AT_ONCE)]


def _message_of(turn: Turn) -> MessageId:
    return MessageId(turn.cause.removeprefix("message:"))


def _remember(known: OrderedDict[KeyT, None], key: KeyT) -> None:
    known[key] = None
    if len(known) > REMEMBERED:
        known.popitem(last=False)
