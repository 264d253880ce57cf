"""The crash test over Telegram: hub and database are killed, and the service throttles, repeats and loses answers."""

import sys

import pytest

from tests.chaos.telegram_run import run_telegram

pytestmark = pytest.mark.timeout(450)


@pytest.mark.parametrize(("mode", "seed"), [("polling", 41), ("webhook", 42)])
async def test_nothing_is_lost_or_doubled_over_telegram(mode: str, seed: int) -> None:
    """What people wrote is stored once and in order, poison is parked, answers arrive in order within the bound."""
    outcome = await run_telegram(seed, 25.0, mode)
    sys.stdout.write(f"{mode}: {outcome}\n")
    assert outcome.counts["hub kills"] >= 1
    assert outcome.counts["replies"] > 0
    assert outcome.counts["asked"] > 10
    assert outcome.counts["said"] > 50
    assert outcome.passed, outcome
    assert not outcome.surprises
