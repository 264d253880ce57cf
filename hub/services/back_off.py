"""How long to wait before something is tried once more."""

import random

LARGEST_BACK_OFF_S = 300.0
FIRST_BACK_OFF_S = 1.0
DEFERRALS_S = (60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0)
"""Greylisting ends after one to five minutes as a rule, a full mailbox after hours: 25 tries in two days."""
SAID_TIMES = 3
"""So often a service that says when is believed; who says "in five minutes" for ever is asked less and less, too."""


def back_off_s(attempts: int) -> float:
    """How long to wait after so many attempts: full jitter under a doubling ceiling, so that many spread out."""
    ceiling = min(LARGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2 ** min(attempts, 16))
    return random.uniform(0, ceiling)  # noqa: S311  (spreading load, no secret)


def deferral_s(times: int, said_s: float | None = None) -> float:
    """How long to wait after a service has asked so many times to come later, and wants to be asked in `said_s`."""
    pause_s = DEFERRALS_S[min(times, len(DEFERRALS_S)) - 1]
    if said_s is not None:
        pause_s = max(pause_s, said_s) if times > SAID_TIMES else said_s
    return pause_s * random.uniform(1.0, 1.2)  # noqa: S311  (spreading load, no secret)
