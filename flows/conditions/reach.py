"""Which of an ordered list of conditions can never be the first that holds, where that can be known.

Every question is tried with the few values that its comparisons tell apart; what compares two questions, or a date with
today, is taken to be true or false at will. So nothing that can be reached is ever reported.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from flows.conditions.closures import Facts, Test, to_test
from flows.conditions.condition import Condition
from flows.conditions.scope import Kind, Name, Scope
from flows.conditions.tree import Operand

TRIES_LIMIT = 4096
"""Combinations of values that are tried for one question; with more, nothing is claimed."""
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_SCORE = "score"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Condition `index` never comes first: it contradicts itself, or `by` takes its cases; None: several together."""

    index: int
    contradiction: bool = False
    by: int | None = None


def unreachable(
    conditions: Sequence[Condition | None], scope: Scope, score: tuple[float, float] | None = None
) -> list[Unreachable]:
    """The conditions that can never be the first to hold. None stands for `else`; `score` is its least and greatest."""
    values = _Values(scope, score)
    trees = [True if condition is None else values.learn(condition.checked) for condition in conditions]
    tries = [_Tried(to_test(tree), frozenset(_names(tree))) for tree in trees]
    return [found for index in range(len(tries)) if (found := _shadowed(tries, index, values))]


@dataclass(frozen=True, slots=True)
class _Tried:
    test: Test
    names: frozenset[str]


def _shadowed(tries: Sequence[_Tried], index: int, values: "_Values") -> Unreachable | None:
    this, earlier = tries[index], tries[:index]
    if not _possible(this, (), values):
        return Unreachable(index, contradiction=True)
    for by, other in enumerate(earlier):
        if not _possible(this, (other,), values):
            return Unreachable(index, by=by)
    return None if _possible(this, earlier, values) else Unreachable(index)


def _possible(wanted: _Tried, excluded: Sequence[_Tried], values: "_Values") -> bool:
    names = wanted.names.union(*(other.names for other in excluded))
    return any(
        wanted.test(facts) and not any(other.test(facts) for other in excluded) for facts in values.facts(names)
    ) or values.too_many(names)


@dataclass
class _Values:
    """The values worth trying for each name."""

    scope: Scope
    score: tuple[float, float] | None
    constants: dict[str, set[Operand]] = field(default_factory=dict)
    free: dict[Operand, str] = field(default_factory=dict)

    def learn(self, tree: Operand) -> Operand:
        """The tree with free names for what cannot be tried; its constants are kept."""
        match tree:
            case ("and" | "or" | "not", *operands):
                return (tree[0], *(self.learn(operand) for operand in operands))
            case ("answer" | "answered", str(name)):
                self._note(name)
            case (str(sign), ("answer" | "date", str(name)), constant) if sign in _COMPARISONS and _plain(constant):
                self._note(name, constant)
            case (str(sign), constant, ("answer" | "date", str(name))) if sign in _COMPARISONS and _plain(constant):
                self._note(name, constant)
            case (str(sign), ("score",), constant) if sign in _COMPARISONS and _plain(constant):
                self._note(_SCORE, constant)
            case (str(sign), constant, ("score",)) if sign in _COMPARISONS and _plain(constant):
                self._note(_SCORE, constant)
            case ("in" | "not in", ("answer", str(name)), tuple(listed)):
                self._note(name, *listed)
            case ("has" | "lacks", ("answer", str(name)), str(code)):
                self._note(name, code)
            case bool():
                pass
            case _:
                return ("answer", self.free.setdefault(tree, f"?{len(self.free)}"))
        return tree

    def _note(self, name: str, *constants: Operand) -> None:
        self.constants.setdefault(name, set()).update(constants)

    def too_many(self, names: frozenset[str]) -> bool:
        return math.prod(len(self.of(name)) for name in names) > TRIES_LIMIT

    def facts(self, names: frozenset[str]) -> Iterator[Facts]:
        """Every combination, unless there are too many."""
        if not self.too_many(names):
            ordered = sorted(names)
            for chosen in itertools.product(*(self.of(name) for name in ordered)):
                yield dict(zip(ordered, chosen, strict=True))

    def of(self, name: str) -> Sequence[object]:
        """The values that tell the constants of a name apart, and that it is missing."""
        if name.startswith("?"):
            return (True, False)
        constants = self.constants[name]
        if name == _SCORE:
            points = _around([number for number in constants if isinstance(number, int | float)])
            low, high = self.score or (-math.inf, math.inf)
            return sorted({min(max(point, low), high) for point in points})
        known = self.scope.names[name]
        match known.kind:
            case Kind.BOOL:
                return (None, True, False)
            case Kind.NUMBER:
                return (None, *_around([number for number in constants if isinstance(number, int | float)]))
            case Kind.DATE:
                return (None, *_days(constants))
            case Kind.CODE | Kind.TEXT:
                return (None, *constants, *_other(known, constants))
            case Kind.CODES:
                return (None, *_subsets(constants))
            case _:
                return (None, True)


def _plain(constant: Operand) -> bool:
    return not isinstance(constant, tuple) or constant[0] == "day"


def _names(tree: Operand) -> Iterator[str]:
    match tree:
        case ("answer" | "date" | "answered", str(name)):
            yield name
        case ("score",):
            yield _SCORE
        case ("in" | "not in", operand, _):
            yield from _names(operand)
        case (str(), *operands):
            for operand in operands:
                yield from _names(operand)
        case _:
            pass


def _around(numbers: Sequence[float]) -> list[float]:
    """The numbers, one between each two, one below and one above."""
    ordered = sorted(set(numbers))
    if not ordered:
        return [0]
    between = [(low + high) / 2 for low, high in itertools.pairwise(ordered)]
    return sorted([*ordered, *between, ordered[0] - 1, ordered[-1] + 1])


def _days(constants: set[Operand]) -> set[date]:
    days = [date.fromisoformat(str(constant[1])) for constant in constants if isinstance(constant, tuple)]
    around = {day + timedelta(days=step) for day in days if date.min < day < date.max for step in (-1, 0, 1)}
    return around | set(days) or {date(2000, 1, 1)}


def _other(known: Name, constants: set[Operand]) -> list[str]:
    """An option, or a text, that no comparison speaks of."""
    if known.kind is Kind.CODE:
        return [code for code in known.codes if code not in constants][:1]
    return ["".join(str(constant) for constant in constants) + "?"]


def _subsets(constants: set[Operand]) -> Sequence[object]:
    if 2 ** len(constants) > TRIES_LIMIT:
        return range(TRIES_LIMIT + 1)  # too many to be tried: only their number is looked at
    codes = sorted(constants, key=str)
    return [chosen for size in range(len(codes) + 1) for chosen in itertools.combinations(codes, size)]
