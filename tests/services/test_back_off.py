"""How long the hub waits before it tries again."""

from itertools import accumulate, count, pairwise, takewhile

from hub.services.back_off import deferral_s

TWO_DAYS_S = 48 * 3600


def test_a_message_that_is_deferred_is_tried_soon_and_then_less_and_less() -> None:
    """Greylisting ends after some minutes; a server that asks for two days is not asked every five minutes."""
    tries_at_s = list(takewhile(lambda at: at < TWO_DAYS_S, accumulate(deferral_s(times) for times in count(1))))
    assert 60 <= tries_at_s[0] <= 72
    assert sum(at < 3600 for at in tries_at_s) >= 5
    assert 15 <= len(tries_at_s) <= 30
    pauses_s = [later - at for at, later in pairwise(tries_at_s)]
    assert pauses_s[:6] == sorted(pauses_s[:6])
    assert max(pauses_s) <= 3 * 3600 * 1.2


def test_a_service_that_says_when_is_believed_some_times() -> None:
    """Who says "in five minutes" for ever is asked as seldom as others; who says "in six hours" is left so long."""
    assert all(300 <= deferral_s(times, 300) <= 360 for times in (1, 2, 3))
    assert deferral_s(20, 300) >= 10_800
    assert deferral_s(20, 21_600) >= 21_600
