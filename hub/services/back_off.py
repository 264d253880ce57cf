"""How long to wait before something is tried once more."""

import random

LARGEST_BACK_OFF_S = 300.0
FIRST_BACK_OFF_S = 1.0


def back_off_s(attempts: int) -> float:
    """How long to wait after so many attempts: full jitter under a doubling ceiling, so that many spread out."""
    ceiling = min(LARGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2 ** min(attempts, 16))
    return random.uniform(0, ceiling)  # noqa: S311  (spreading load, no secret)
