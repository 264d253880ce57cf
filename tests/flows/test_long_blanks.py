"""Thousands of blanks: what contacts and authors write costs one pass over it, and holds up nobody."""

import time
from collections.abc import Callable

import pytest

from flows.engine.replies import numbered
from flows.showing import MISSING, _closed
from flows.slips import slip_near

BLANKS = " " * 200_000
"""A pass for each of them takes minutes."""
SOON_S = 30

CASES: dict[str, tuple[Callable[[], object], object]] = {
    "a mail": (lambda: numbered(f"1) Yes\n{BLANKS}\n2) No", 2).texts, {1: "Yes", 2: "No"}),
    "an answer in a text": (lambda: _closed(f"a{BLANKS}b, {MISSING}!"), f"a{BLANKS}b!"),
    "a flow": (lambda: slip_near(f"a: b{BLANKS}c", 1), None),
}


@pytest.mark.parametrize("case", CASES)
def test_blanks_without_end_are_passed_over_once(case: str) -> None:
    work, result = CASES[case]
    began = time.perf_counter()
    assert work() == result
    assert time.perf_counter() - began < SOON_S
