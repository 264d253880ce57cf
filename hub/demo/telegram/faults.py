"""Faults on purpose: slow, lost and refused answers, and repeats, so that a bot can be seen to survive them."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class What(StrEnum):
    """What goes wrong."""

    THROTTLED = "throttled"
    """429 with `retry_after_s`; nothing is carried out."""
    SERVER_ERROR = "server_error"
    """`code` (5xx); nothing is carried out."""
    SLOW = "slow"
    """The answer comes after `delay_s`."""
    ANSWER_LOST = "answer_lost"
    """The call is carried out, and the connection is cut instead of an answer."""
    REQUEST_LOST = "request_lost"
    """The connection is cut before anything is carried out."""
    GARBLED = "garbled"
    """502 with an HTML page, as from a proxy in between; nothing is carried out."""
    MARKS_REFUSED = "marks_refused"
    """400 to calls whose text or caption comes with entities, whatever these are; nothing is carried out."""


@dataclass
class Fault:
    """One thing that goes wrong: for `methods` (lower case; none means all), `times` times, with the chance `share`."""

    what: What
    methods: frozenset[str] = frozenset()
    times: int | None = None
    share: float = 1.0
    retry_after_s: int = 1
    code: int = 500
    delay_s: float = 0.5

    def strikes(self, method: str, rng: Random) -> bool:
        """Whether it happens to this call; counted if so."""
        if self.times == 0 or (self.methods and method not in self.methods) or rng.random() >= self.share:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Faults:
    """The faults that are switched on. `repeated_share` of the webhook requests are sent again after success."""

    rng: Random
    active: list[Fault] = field(default_factory=list)
    repeated_share: float = 0.0
    repeats: int = 1

    def add(self, what: What, *methods: str, times: int | None = None, share: float = 1.0, **more: float) -> Fault:
        """Switch one on. `more`: `retry_after_s`, `code`, `delay_s`."""
        fault = Fault(what, frozenset(method.lower() for method in methods), times, share)
        for name, value in more.items():
            setattr(fault, name, value if name == "delay_s" else int(value))
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Switch all of them off."""
        self.active.clear()
        self.repeated_share = 0.0

    def strike(self, method: str) -> Fault | None:
        """The fault that this call meets, if any."""
        return next((fault for fault in self.active if fault.strikes(method, self.rng)), None)
