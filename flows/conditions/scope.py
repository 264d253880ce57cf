"""What a condition may speak of, and the faults it can have."""

import keyword
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an answer is to a condition. A phone number and an e-mail address are text."""

    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    CODE = "code"
    CODES = "codes"
    FILE = "file"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class Name:
    """A question as conditions see it. `codes` are those of its options, for `code` and `codes`."""

    kind: Kind
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """The questions asked before the condition, those asked after it, and whether the score is known by then."""

    names: Mapping[str, Name]
    later: Collection[str] = field(default=frozenset())
    allow_score: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `offset` counts characters of the expression from 0; `code` is a stable word such as `unknown_id`."""

    code: str
    sentence: str
    suggestion: str | None
    offset: int


class BadCondition(ValueError):
    """An expression cannot be used. `faults` are in the order of the text; there is at least one."""

    def __init__(self, source: str, faults: Collection[Fault]) -> None:
        self.source = source
        self.faults = tuple(sorted(faults, key=lambda fault: fault.offset))
        super().__init__("; ".join(fault.sentence for fault in self.faults))


OPERATORS = frozenset({"and", "or", "not", "in"})
CONSTANTS = frozenset({"true", "false"})
FUNCTIONS = frozenset({"answered", "count"})
BUILT_IN = frozenset({"today", "score"})
KEYWORDS = frozenset(keyword.kwlist) - OPERATORS
RESERVED = OPERATORS | CONSTANTS | FUNCTIONS | BUILT_IN | KEYWORDS | {"else"}
"""Words that cannot be the id of a question: an expression could not name it."""
