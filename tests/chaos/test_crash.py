"""The crash test: a minute of web chat while hub and database are killed, and hubs that must not pass it.

`CRASH_SECONDS=600` makes the runs that long; `python -m tests.chaos.run` does one with another seed.
"""

import os
import sys
from collections.abc import Sequence

import pytest

from tests.chaos.clock_jumps import ClockNemesis
from tests.chaos.network import NetworkNemesis
from tests.chaos.primaries import PrimaryNemesis
from tests.chaos.run import Plan, Run, run, table

SEED = 20260
SECONDS = float(os.environ.get("CRASH_SECONDS", "60"))
CLOCK_SECONDS = float(os.environ.get("CRASH_SECONDS", "10"))
NETWORK_SECONDS = float(os.environ.get("CRASH_SECONDS", "10"))
THREE_NODES_SECONDS = float(os.environ.get("CRASH_SECONDS", "25"))
MUTANT_SECONDS = 12.0
MUTANT_SEEDS = (1, 2, 3)

pytestmark = pytest.mark.timeout(600 + 4 * SECONDS)


async def test_nothing_acknowledged_is_lost_doubled_or_out_of_order() -> None:
    """Every promise holds for visitors and operators while hub and database are killed at random for a minute."""
    done = await run(Plan(SEED, SECONDS))
    _print([done])
    assert done.counts, f"too little trouble for a verdict: {done.nemesis.counts}"
    assert done.report.passed, str(done.report)


async def test_a_primary_that_dies_or_freezes_costs_no_message_and_stops_no_inbox() -> None:
    """Of three nodes the primary is killed twice and frozen once; the hub runs on, and the inbox shows what is new.

    Each comes back only after messages were stored and shown without it.
    """
    done = await run(Plan(SEED, THREE_NODES_SECONDS, nodes=3, trouble=PrimaryNemesis))
    _print([done])
    sys.stdout.write(f"{done.nemesis}\n")
    assert done.counts, f"too little trouble for a verdict: {done.nemesis.counts}"
    assert done.report.passed, str(done.report)


async def test_nothing_goes_by_the_clock_of_the_hub() -> None:
    """It jumps by an hour or two, and the hub starts with a wrong one: no time of it is stored, no timer fires early or
    twice, and every other promise holds.
    """
    done = await run(Plan(SEED, CLOCK_SECONDS, module=("tests.chaos.wrong_clock",), trouble=ClockNemesis))
    _print([done])
    assert done.counts, f"too little trouble for a verdict: {done.nemesis.counts}"
    assert done.report.passed, str(done.report)
    assert any(turn["kind"] == "timer" for turn in done.stored.turns)


async def test_what_the_network_does_to_the_database_loses_nothing() -> None:
    """Between hub and database connections break, in mid-answer too, stall, trickle, lose answers to what was carried
    out, and are forgotten without a word: each message is stored once, and the inbox goes on.
    """
    done = await run(Plan(SEED, NETWORK_SECONDS, over_network=True, trouble=NetworkNemesis))
    _print([done])
    sys.stdout.write(f"{done.nemesis}\n")
    assert done.counts, f"too little trouble for a verdict: {done.nemesis.counts}"
    assert done.report.passed, str(done.report)


@pytest.mark.parametrize(("mutant", "breach"), [("ack_first", "I1 lost"), ("check_then_insert", "I1 twice")])
async def test_hub_that_breaks_a_promise_is_flagged(mutant: str, breach: str) -> None:
    """A hub that acknowledges before it stores, and one that looks before it inserts, are seen by the same checker.

    Whether a kill falls into the gap is a matter of chance, hence several seeds.
    """
    runs: list[Run] = []
    for seed in MUTANT_SEEDS:
        plan = Plan(seed, MUTANT_SECONDS, hub_kills=2, mongod_kills=2, module=("tests.chaos.mutants", mutant))
        runs.append(await run(plan))
        if breach in runs[-1].report.counts:
            break
    _print(runs, mutants=True)
    assert breach in runs[-1].report.counts, "the checker passed a hub that breaks a promise"


def _print(runs: Sequence[Run], *, mutants: bool = False) -> None:
    sys.stdout.write("".join(f"{each.line()}\n" for each in runs) + table(runs, mutants=mutants) + "\n")
