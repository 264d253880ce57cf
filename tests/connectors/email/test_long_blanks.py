"""Mails with thousands of blanks in a line: a pattern holds up the whole hub for as long as it looks at them."""

import time
from collections.abc import Callable

import pytest

from connectors.email.leads import _lines
from connectors.email.quotes import split

SOON_S = 30
"""It was a minute and more, and with longer lines hours."""
BEHIND, BEFORE = " " * 50_000, "\N{NO-BREAK SPACE}" * 10_000

CASES: dict[str, Callable[[], object]] = {
    "before a text": lambda: split(f"The words: forwarded message\n{BEHIND}x\nmore").new,
    "behind a separator": lambda: split(f"Hello\nforwarded message{BEHIND}x\nmore").new,
    "before a label": lambda: list(_lines(f"{BEFORE}x\nPhone: 1")),
}


@pytest.mark.parametrize("case", CASES)
def test_blanks_without_end_hold_up_nobody(case: str) -> None:
    began = time.perf_counter()
    assert CASES[case]()
    assert time.perf_counter() - began < SOON_S


@pytest.mark.parametrize(
    "line", ["---- Original message ----", "  Forwarded message :  ", "Исходное сообщение", "-- Forwarded message: --"]
)
def test_a_separator_is_known_with_and_without_signs_around_it(line: str) -> None:
    assert split(f"Hello\n\n{line}\nOld words").new == "Hello"
