"""How many mails a mailbox may send: the provider's allowance an hour and a day, answers before mailings."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hub.model.why import Why

KEPT_FOR_ANSWERS = 0.3
"""The share of the allowance that a mailing leaves to answers."""
SLOT_S = 300
"""Mails are counted by five minutes, so that a day is a small thing to keep; one counts until its slot is out."""
HOUR_SLOTS, DAY_SLOTS = 3_600 // SLOT_S, 86_400 // SLOT_S
RESERVED_SLOTS = 3
"""A mail is handed over, and counted, a minute at the most after it took its place: a lease is no longer."""


class SendingLimit:
    """Counts what one mailbox sends. None: no limit.

    A mail takes its place before it is claimed, in this process alone (`reserve`), and is counted in the database right
    before it goes (`counted`): what others send for the same mailbox is known from then on.
    """

    def __init__(self, per_hour: int | None, per_day: int | None) -> None:
        self._limits: Mapping[int, int] = {
            slots: limit for slots, limit in ((HOUR_SLOTS, per_hour), (DAY_SLOTS, per_day)) if limit is not None
        }
        self._sent: Counter[int] = Counter()
        self._reserved: Counter[int] = Counter()

    def __bool__(self) -> bool:
        return bool(self._limits)

    def wait_s(self, now: datetime, *, mailing: bool = False) -> float:
        """How long until one more may go."""
        slot = _slot(now)
        self._forget(slot)
        free = max(
            (self._free_slot(slot, slots, limit, mailing) for slots, limit in self._limits.items()), default=slot
        )
        return 0.0 if free <= slot else max(1.0, (_start(free) - now).total_seconds())

    def reserve(self, now: datetime) -> None:
        """One is about to go. A place that comes to nothing, as that of a cancelled mail, counts for some minutes."""
        slot = _slot(now)
        self._forget(slot)
        self._reserved[slot] += 1

    def give_back(self) -> None:
        """One that had its place comes to nothing: somebody else may have it."""
        waiting = [slot for slot, count in self._reserved.items() if count > 0]
        if waiting:
            self._reserved[min(waiting)] -= 1

    @staticmethod
    def slots(now: datetime) -> tuple[int, int]:
        """The slot to count in, and the oldest one that matters."""
        slot = _slot(now)
        return slot, slot - DAY_SLOTS + 1

    def counted(self, slots: Mapping[int, int], *, reserved: bool = True) -> None:
        """What all processes have sent by slots, one of them just now, which had its place `reserved`."""
        self._sent = Counter(slots)
        if reserved:
            self.give_back()

    def over_s(self, now: datetime, *, mailing: bool = False) -> float:
        """How long one that was just counted has to wait, because others were quicker; 0 when it may go."""
        slot = _slot(now)
        self._sent[slot] -= 1
        try:
            return self.wait_s(now, mailing=mailing)
        finally:
            self._sent[slot] += 1

    def why(self, *, mailing: bool = False) -> Why:
        """What to tell about one that waits."""
        names = {HOUR_SLOTS: "hour", DAY_SLOTS: "day"}
        facts = {names[slots]: str(limit) for slots, limit in self._limits.items()}
        return Why(code="_".join(("limit", *facts, *(["mailing"] if mailing else []))), facts=facts)

    def _forget(self, slot: int) -> None:
        for old in [known for known in self._reserved if known <= slot - RESERVED_SLOTS]:
            del self._reserved[old]

    def _free_slot(self, slot: int, slots: int, limit: int, mailing: bool) -> int:
        """The first slot in which the `slots` that end with it hold less than the limit."""
        allowed = max(1, limit - int(limit * KEPT_FOR_ANSWERS)) if mailing else limit
        taken = self._sent + self._reserved
        sent = sum(count for known, count in taken.items() if known > slot - slots)
        for known in sorted(taken):
            if sent < allowed:
                break
            if known > slot - slots:
                sent -= taken[known]
                slot = known + slots
        return slot


def _slot(moment: datetime) -> int:
    return int(moment.timestamp()) // SLOT_S


def _start(slot: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=slot * SLOT_S)
