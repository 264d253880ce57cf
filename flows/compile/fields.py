"""Reads the values of a mapping, each as what it must be, and says what is wrong with those that are not."""

import difflib
import re
from collections.abc import Collection, Iterable
from datetime import time, timedelta

from flows.definition import Hours
from flows.load import Mapping, Node, Report, Scalar, Sequence, Tree

ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
CODE = re.compile(r"[a-z0-9][a-z0-9_]{0,47}")
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
TEAM = re.compile(r"[^\W_][\w .-]{0,63}")
"""A team's name as it is, or with hyphens for blanks, in any alphabet."""
DURATION = re.compile(r"(\d{1,4})\s*([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
LIST_LIMIT = 300


def meant(word: str, known: Iterable[str]) -> str | None:
    """The known word that is closest to `word`, as a question; None when none is close."""
    close = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else None


def one_of(words: Iterable[str]) -> str:
    """A suggestion that names what is allowed."""
    return f"Write one of: {', '.join(f'`{word}`' for word in words)}."


PAIRS = {"options": "Write a code before each label: `{yes: Yes, later: Not yet}`."}
"""Keys that are often written as a list."""


class Fields:
    """The keys of one mapping. Each reader notes a wrong value and gives back what stands for "not given"."""

    def __init__(self, mapping: Mapping, report: Report) -> None:
        self.mapping = mapping
        self.report = report

    def only(self, known: Collection[str], *, of: str, skip: int = 0) -> None:
        """Complain about every key that is not `known`. `skip` leaves out the first keys."""
        for key, _ in self.mapping.pairs[skip:]:
            if key.text not in known:
                hint = meant(key.text, known) or one_of(known)
                self.report.add(key, "unknown_key", f"{of} has no key `{key.text}`.", hint)

    def node(self, key: str) -> Tree | None:
        """What `key` holds; None when it is not given."""
        return self.mapping.get(key)

    def key_node(self, key: str) -> Node:
        """The place of the key itself."""
        return next((name for name, _ in self.mapping.pairs if name.text == key), self.mapping)

    def scalar(self, key: str) -> Scalar | None:
        """A single value that is not empty."""
        node = self.node(key)
        return None if node is None else scalar_of(node, self.report, f"`{key}`")

    def text(self, key: str) -> str | None:
        """A text as written, whatever it looks like."""
        found = self.scalar(key)
        return found.text if found else None

    def slug(self, key: str) -> str | None:
        """A name of something outside the flow: a queue, a stage, an address."""
        found = self.scalar(key)
        return slug_of(found, self.report) if found else None

    def flag(self, key: str) -> bool:
        """`true` or `false`."""
        found = self.scalar(key)
        if found is None:
            return False
        if isinstance(found.value, bool):
            return found.value
        self.report.add(found, "wrong_value", f"`{key}` is `true` or `false`, not `{found.text}`.")
        return False

    def count(self, key: str, *, least: int = 1, most: int = 1_000) -> int | None:
        """A whole number within its limits."""
        found = self.scalar(key)
        if found is None:
            return None
        value = found.value
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.report.add(found, "wrong_value", f"`{key}` is a whole number from {least} to {most}, not `{found.text}`.")
        return None

    def duration(self, key: str) -> timedelta | None:
        """A length of time such as `2h`."""
        found = self.scalar(key)
        return duration_of(found, self.report) if found else None

    def durations(self, key: str) -> tuple[timedelta, ...] | None:
        """Several of them."""
        found = self.scalars(key)
        if found is None:
            return None
        read = [duration_of(one, self.report) for one in found]
        return tuple(one for one in read if one is not None)

    def hours(self, key: str) -> Hours | None:
        """A time of day such as `21:00-09:00`."""
        found = self.scalar(key)
        if found is None:
            return None
        if match := HOURS.fullmatch(found.text.strip()):
            hour, minute, end_hour, end_minute = map(int, match.groups())
            if hour < 24 and end_hour < 24 and minute < 60 and end_minute < 60:
                return Hours(time(hour, minute), time(end_hour, end_minute))
        sentence = f"`{key}` is a time of day such as `21:00-09:00`, not `{found.text}`."
        self.report.add(found, "wrong_value", sentence)
        return None

    def scalars(self, key: str) -> tuple[Scalar, ...] | None:
        """A list of single values; one alone needs no brackets. None when not given."""
        node = self.node(key)
        if node is None:
            return None
        if isinstance(node, Sequence):
            read = [scalar_of(item, self.report, f"An entry of `{key}`") for item in node.items]
            if not read:
                self.report.add(node, "wrong_value", f"`{key}` is an empty list.", "Name one, or leave the key out.")
            return tuple(one for one in read if one is not None)
        found = scalar_of(node, self.report, f"`{key}`")
        return (found,) if found else ()

    def mapping_of(self, key: str) -> Mapping | None:
        """A mapping below `key`."""
        node = self.node(key)
        if node is None or isinstance(node, Mapping):
            return node
        self.report.add(node, "wrong_value", f"`{key}` holds `key: value` pairs.", PAIRS.get(key))
        return None


def scalar_of(node: Tree, report: Report, what: str) -> Scalar | None:
    """A single value that is not empty; the report says when it is anything else."""
    if not isinstance(node, Scalar):
        report.add(node, "wrong_value", f"{what} is a single value, not a list or a mapping.")
        return None
    if not node.text.strip():
        report.add(node, "empty_text", f"{what} is empty.", "Write a value, or leave the key out.")
        return None
    return node


def slug_of(node: Scalar, report: Report, pattern: re.Pattern[str] = SLUG) -> str | None:
    """A name that other parts of the hub know."""
    if pattern.fullmatch(node.text):
        return node.text
    report.add(node, "wrong_value", f"`{node.text}` is no name.", "Use letters, digits, `-`, `_` and `.`.")
    return None


def duration_of(node: Scalar, report: Report) -> timedelta | None:
    """A length of time."""
    match = DURATION.fullmatch(node.text.strip())
    if match and int(match[1]):
        return timedelta(**{UNITS[match[2]]: int(match[1])})
    report.add(node, "wrong_value", f"`{node.text}` is no length of time.", "Write `30m`, `2h`, `1d` or `2w`.")
    return None
