"""Compiled expressions: conditions that hold or not, and the ends of ranges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from flows.conditions.check import read_bound, read_condition
from flows.conditions.closures import Facts, to_test, to_value
from flows.conditions.scope import Kind, Scope
from flows.conditions.tree import JsonOperand, Operand, to_json


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition. `names` are the questions it reads.

    `test` takes the visible answers by id, as sessions store them, with `today` (a date, or its ISO form) and, where
    the scope allows it, `score`. An answer that is left out or None is missing.
    """

    source: str
    names: frozenset[str]
    test: Callable[[Mapping[str, object]], bool] = field(compare=False, repr=False)
    checked: Operand = field(repr=False)

    def tree(self) -> JsonOperand:
        """The tree that a browser evaluates; `true` and `false` stand for themselves."""
        return to_json(self.checked)


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range: a number, or a date. `value` is None when an answer that it names is missing."""

    source: str
    names: frozenset[str]
    kind: Kind
    value: Callable[[Mapping[str, object]], float | date | None] = field(compare=False, repr=False)
    checked: Operand = field(repr=False)

    def tree(self) -> JsonOperand:
        """The tree; of a date, its day number comes out."""
        return to_json(self.checked)


def compile_condition(source: str, scope: Scope) -> Condition:
    """Read, check and compile. Raises `BadCondition` with every fault that was found: show them to the author."""
    tree, names = read_condition(source, scope)
    return Condition(source, names, to_test(tree), tree)


def compile_bound(source: str, scope: Scope, kind: Kind | None = None) -> Bound:
    """One end of a range, such as `today+730`, `10` or `2026-12-31`; of `kind` where it is given.

    Raises `BadCondition`.
    """
    found, names = read_bound(source, scope, kind)
    get = to_value(found.tree)
    if found.kind is Kind.NUMBER:
        return Bound(source, names, found.kind, get, found.tree)  # type: ignore[arg-type]
    return Bound(source, names, found.kind, _as_date(get), found.tree)


def _as_date(get: Callable[[Facts], object]) -> Callable[[Facts], date | None]:
    def value(facts: Facts) -> date | None:
        day = get(facts)
        if not isinstance(day, int | float):
            return None
        return date.fromordinal(min(max(int(day), 1), date.max.toordinal()))

    return value
