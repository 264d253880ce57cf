"""Trees become closures: the short way for what conditions mostly are, an answer against a constant.

Numbers are those that a browser has too: whole ones are exact up to 2**53.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import date

from flows.conditions.tree import Operand

Facts = Mapping[str, object]
Test = Callable[[Facts], bool]
Get = Callable[[Facts], object]
"""What an operand is worth; None when an answer is missing."""

_COMPARE: dict[str, Callable[..., bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def day_number(value: object) -> int | None:
    """A date, or its ISO form, as a number that days can be added to; None for anything else."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value).toordinal()
        except ValueError:
            return None
    return value.toordinal() if isinstance(value, date) else None


def to_test(tree: Operand) -> Test:
    """Whether the condition holds. The tree must be a checked one."""
    if isinstance(tree, bool):
        return lambda _: tree
    assert isinstance(tree, tuple)
    match tree:
        case ("answer", str(name)):
            return lambda facts: facts.get(name) is True
        case ("answered", str(name)):
            return lambda facts: facts.get(name) is not None
        case ("not", operand):
            test = to_test(operand)
            return lambda facts: not test(facts)
        case ("and", *operands):
            return _all([to_test(operand) for operand in operands])
        case ("or", *operands):
            return _any([to_test(operand) for operand in operands])
        case ("in" | "not in", left, tuple(values)):
            return _member(left, frozenset(values), inside=tree[0] == "in")
        case ("has" | "lacks", ("answer", str(name)), str(code)):
            return _has_code(name, code, inside=tree[0] == "has")
        case ("has" | "lacks", ("answer", str(name)), code):
            return _has(name, to_value(code), inside=tree[0] == "has")
        case (str(sign), left, right) if sign in _COMPARE:
            return _compared(sign, left, right)
        case _:
            raise AssertionError(tree)


def _all(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda facts: first(facts) and second(facts)
    return lambda facts: all(test(facts) for test in tests)


def _any(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda facts: first(facts) or second(facts)
    return lambda facts: any(test(facts) for test in tests)


def _member(left: Operand, values: frozenset[Operand], *, inside: bool) -> Test:
    match left:
        case ("answer", str(name)) if inside:
            return lambda facts: facts.get(name) in values
        case _:
            get = to_value(left)
            if inside:
                return lambda facts: get(facts) in values
            return lambda facts: (value := get(facts)) is not None and value not in values


def _has_code(name: str, code: str, *, inside: bool) -> Test:
    return lambda facts: (codes := facts.get(name)) is not None and (code in codes) is inside  # type: ignore[operator]


def _has(name: str, code: Get, *, inside: bool) -> Test:
    def test(facts: Facts) -> bool:
        codes, sought = facts.get(name), code(facts)
        return codes is not None and sought is not None and (sought in codes) is inside  # type: ignore[operator]

    return test


def _compared(sign: str, left: Operand, right: Operand) -> Test:
    if not isinstance(left, tuple):
        left, right, sign = right, left, _FLIPPED[sign]
    compare = _COMPARE[sign]
    match left, right:
        case ("answer", str(name)) | (("score" as name),), bool() | int() | float() | str() as constant:
            if sign == "==":
                return lambda facts: facts.get(name) == constant
            return lambda facts: (value := facts.get(name)) is not None and compare(value, constant)
        case _:
            first, second = to_value(left), to_value(right)
            return lambda facts: (
                (one := first(facts)) is not None and (other := second(facts)) is not None and compare(one, other)
            )


def to_value(tree: Operand) -> Get:
    """What an operand is worth: a number, a text, a truth, or the number of a day."""
    if not isinstance(tree, tuple):
        return lambda _: tree
    match tree:
        case ("answer", str(name)):
            return lambda facts: facts.get(name)
        case ("score",):
            return lambda facts: facts.get("score")
        case ("date", str(name)):
            return lambda facts: day_number(facts.get(name))
        case ("today",):
            return lambda facts: day_number(facts.get("today"))
        case ("day", str(text)):
            day = day_number(text)
            return lambda _: day
        case ("count", str(name)):
            return lambda facts: None if (value := facts.get(name)) is None else len(value)  # type: ignore[arg-type]
        case ("-", operand):
            return _sum(operator.sub, 0, operand)
        case ("+", left, right):
            return _sum(operator.add, left, right)
        case ("-", left, right):
            return _sum(operator.sub, left, right)
        case _:
            return to_test(tree)


def _sum(add: Callable[[object, object], object], left: Operand, right: Operand) -> Get:
    first, second = to_value(left), to_value(right)
    return lambda facts: None if (one := first(facts)) is None or (other := second(facts)) is None else add(one, other)
