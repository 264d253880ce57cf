"""A constraint becomes the range of an answer, the greatest number of options, and a check for what is left."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from flows.conditions import Kind
from flows.importers.translate import Translator
from flows.importers.xpath import Call, Literal, Name, Node, Operation, Own, parse

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
LENGTH = Call("string-length", (Own(),))
SELECTED = Call("count-selected", (Own(),))


@dataclass(slots=True)
class Constrained:
    """The ends of `range`, `max`, and the condition of `check`; None where the constraint says nothing of it."""

    low: str | None = None
    high: str | None = None
    max: int | None = None
    check: str | None = None

    @property
    def range(self) -> str | None:
        """Both ends as flows have them."""
        return None if self.low is None and self.high is None else f"{self.low or ''}..{self.high or ''}"


def constrained(source: str, kind: Kind, translator: Translator, *, whole: bool) -> Constrained:
    """What a constraint says about an answer of a kind, a number being a `whole` one. Raises `Untranslatable`."""
    found = Constrained()
    steps = whole or kind is not Kind.NUMBER
    rest = [clause for clause in _clauses(parse(source)) if not _taken(clause, kind, translator, found, steps=steps)]
    if rest:
        found.check = translator.condition(reduce(lambda left, right: Operation("and", left, right), rest))
    return found


def _clauses(node: Node) -> Iterator[Node]:
    match node:
        case Operation("and", left, right):
            yield from _clauses(left)
            yield from _clauses(right)
        case _:
            yield node


def _taken(clause: Node, kind: Kind, translator: Translator, found: Constrained, *, steps: bool) -> bool:
    """Whether a clause is an end of the range, and noted as that. `steps`: there is a next value beside each."""
    match clause:
        case Operation(sign, (Own() | Call()) as subject, bound) if sign in _FLIPPED and bound != Own():
            pass
        case Operation(sign, bound, (Own() | Call()) as subject) if sign in _FLIPPED:
            sign = _FLIPPED[sign]
        case _:
            return False
    if subject == SELECTED and isinstance(bound, Literal) and isinstance(bound.value, int):
        return _most(sign, bound.value, found)
    ranged = subject == Own() and kind in {Kind.NUMBER, Kind.DATE}
    if (steps or sign not in {"<", ">"}) and (ranged or (subject == LENGTH and kind is Kind.TEXT)):
        return _end(sign, _inclusive(sign, bound, kind, translator), found)
    return False


def _most(sign: str, number: int, found: Constrained) -> bool:
    most = {"<=": number, "<": number - 1}.get(sign, 0)
    if most < 1 or found.max is not None:
        return False
    found.max = most
    return True


def _inclusive(sign: str, bound: Node, kind: Kind, translator: Translator) -> str | None:
    """An end of a range, which belongs to it: beside `<` and `>` the next day, or the next whole number."""
    step = {"<": -1, ">": 1}.get(sign, 0)
    match bound:
        case Literal(int() as number):
            return str(number + step)
        case Operation("-", Literal(0), Literal(int() as number)):
            return str(step - number)
        case Literal(float()) if not step:
            return translator.bound(bound)
        case Literal(str()) | Call("date", _) | Call("today", ()) | Operation() if kind is Kind.DATE:
            text = translator.bound(bound).replace(" ", "")
            return text if not step else f"{text}{'+' if step > 0 else '-'}1"
        case Name() if not step:
            return translator.bound(bound)
        case _:
            return None


def _end(sign: str, text: str | None, found: Constrained) -> bool:
    lower, upper = sign in {">", ">=", "="}, sign in {"<", "<=", "="}
    if text is None or (lower and found.low is not None) or (upper and found.high is not None):
        return False
    if lower:
        found.low = text
    if upper:
        found.high = text
    return True
