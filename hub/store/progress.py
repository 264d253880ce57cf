"""Progress: which Turns are applied and which messages decided, written in bulk after the fact."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from hub.model.ids import TurnId
from hub.model.turn import Turn, TurnKind
from hub.store.coalesce import Coalescer

REMEMBERED = 100_000  # Turns; about 10 MB

Update = tuple[Mapping[str, Any], Mapping[str, Any] | Sequence[Mapping[str, Any]]]


class Progress:
    """Marks done what is done. A mark that is lost in a crash only means that the work is done again, to no effect."""

    def __init__(self, turns: Coalescer, messages: Coalescer) -> None:
        self._turns, self._messages = turns, messages
        self._applied: OrderedDict[TurnId, None] = OrderedDict()

    def knows(self, turn: TurnId) -> bool:
        """Whether this process has applied the Turn lately."""
        return turn in self._applied

    async def applied(self, turn: Turn) -> None:
        """All effects of `turn` are in the store."""
        self._applied[turn.id] = None
        if len(self._applied) > REMEMBERED:
            self._applied.popitem(last=False)
        if turn.kind is TurnKind.MESSAGE:
            message = turn.cause.removeprefix("message:")
            await self._messages.submit(message, message, _latest, _decided)
        await self._turns.submit(turn.id, turn.id, _latest, _applied)


def _latest(_first: str, later: str) -> str:
    return later


def _decided(message: str) -> Update:
    return {"_id": message, "undecided": True}, {"$unset": {"undecided": ""}}


def _applied(turn: str) -> Update:
    return {"_id": turn, "applied": False}, {"$set": {"applied": True}}
