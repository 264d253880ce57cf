"""A calculation that adds points for conditions is a score; every other one has no equivalent."""

from collections.abc import Iterator

from flows.importers.translate import Translator
from flows.importers.xpath import Call, Literal, Node, Operation, Untranslatable, parse


def score_lines(source: str, translator: Translator) -> dict[str, float]:
    """Points by condition, from a sum of `if(condition, points, points)`. Raises `Untranslatable`."""
    lines: dict[str, float] = {}
    for sign, term in _terms(parse(source), 1):
        for condition, points in _points(term, translator):
            if points:
                lines[condition] = lines.get(condition, 0) + sign * points
    if not lines or set(lines) == {"true"}:
        raise Untranslatable("it adds no points for conditions")
    return lines


def _terms(node: Node, sign: int) -> Iterator[tuple[int, Node]]:
    match node:
        case Operation("+" | "-" as operator, left, right):
            yield from _terms(left, sign)
            yield from _terms(right, -sign if operator == "-" else sign)
        case _:
            yield sign, node


def _points(term: Node, translator: Translator) -> Iterator[tuple[str, float]]:
    match term:
        case Literal(int() | float() as points):
            yield "true", points
        case Call("if", (condition, Literal(int() | float() as points), Literal(int() | float() as otherwise))):
            yield translator.condition(condition), points
            yield translator.condition(Call("not", (condition,))), otherwise
        case _:
            raise Untranslatable("it is no sum of `if(condition, points, 0)`")
