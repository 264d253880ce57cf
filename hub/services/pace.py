"""Pace: how many steps of flows one conversation may cause in a minute, counted in this process."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from hub.model.ids import ConversationId

MINUTE = timedelta(minutes=1)
KNOWN = 10_000
"""Conversations that are counted at once: the one that was quiet for longest is forgotten first, any after a minute."""


class Pace:
    """Counts steps by conversation. `most` a minute are fine; 0 counts nothing."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._steps: OrderedDict[ConversationId, deque[tuple[int, datetime]]] = OrderedDict()

    def is_too_fast(self, conversation: ConversationId, seq: int, at: datetime) -> bool:
        """Whether the step that is to be Turn `seq` is one too many. A Turn that is decided again counts once."""
        if not self._most:
            return False
        steps = self._steps.setdefault(conversation, deque(maxlen=self._most + 1))
        self._steps.move_to_end(conversation)
        if not steps or steps[-1][0] < seq:
            steps.append((seq, at))
        self._forget_the_quiet(at)
        return len(steps) > self._most and at - steps[0][1] < MINUTE

    def _forget_the_quiet(self, at: datetime) -> None:
        while len(self._steps) > 1:
            _, newest = next(iter(self._steps.values()))[-1]
            if len(self._steps) <= KNOWN and at - newest < MINUTE:
                return
            self._steps.popitem(last=False)
