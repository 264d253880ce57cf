"""What the simulator accepted: tests count copies and losses here, not in the hub."""

from collections import Counter, deque
from collections.abc import Mapping, MutableSequence
from dataclasses import dataclass
from typing import Any

from hub.demo.telegram.update_queue import Update
from hub.demo.telegram.wire import Wire


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a method that was carried out or refused. `answered` is False when a fault cut the answer off."""

    at: float
    bot_id: int
    method: str
    arguments: Mapping[str, str]
    files: tuple[str, ...]
    headers: Mapping[str, str]
    """The request's `x-...` headers: a test may mark who called."""
    result: Any = None
    error_code: int | None = None
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An update that a bot has taken over: by a higher offset, or by 2xx to its webhook."""

    at: float
    bot_id: int
    update: Update
    how: str


class Journal:
    """Everything in order, or the last `kept` of each. `posted` counts every webhook request, repeats included."""

    def __init__(self, kept: int | None = None) -> None:
        self.calls: MutableSequence[Called] = [] if kept is None else deque(maxlen=kept)
        self.confirmed: MutableSequence[Confirmed] = [] if kept is None else deque(maxlen=kept)
        self.posted: Counter[int] = Counter()

    def of(self, method: str) -> list[Called]:
        """The calls of one method, whatever its case."""
        return [call for call in self.calls if call.method == method.lower()]

    def sent(self, chat_id: int | None = None) -> list[Wire]:
        """Messages that were accepted from bots, in order, copies included."""
        messages: list[Wire] = []
        for call in self.calls:
            if call.error_code is None and (call.method.startswith("send") or call.method.startswith("forward")):
                results = call.result if isinstance(call.result, list) else [call.result]
                messages += [one for one in results if isinstance(one, dict) and "message_id" in one]
        return [one for one in messages if chat_id is None or one["chat"]["id"] == chat_id]

    def texts(self, chat_id: int | None = None) -> list[str]:
        """The texts and captions that were accepted from bots, in order, copies included."""
        return [one.get("text") or one.get("caption", "") for one in self.sent(chat_id)]

    def copies(self, chat_id: int | None = None) -> Counter[str]:
        """How often each text was accepted."""
        return Counter(self.texts(chat_id))

    def confirmed_ids(self) -> list[int]:
        """Updates that bots have taken over, in order."""
        return [one.update.id for one in self.confirmed]
