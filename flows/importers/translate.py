"""XPath becomes the expressions of flows, with the same meaning where an answer is missing.

In XPath an empty answer differs from everything (`!=` is true); in flows every comparison with it is false. So `!=` is
kept only for questions that have an answer whenever the comparison is made, and written as `not ... ==` for others.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from flows.conditions import Kind
from flows.importers.xpath import Call, Literal, Name, Node, Operation, Own, Untranslatable, parse

_OR, _AND, _NOT, _COMPARE, _SUM, _ATOM = range(6)
_ZERO_FITS: dict[str, Callable[[float], bool]] = {
    "=": lambda number: number == 0, "!=": lambda number: number != 0, "<": lambda number: number > 0,
    "<=": lambda number: number >= 0, ">": lambda number: number < 0, ">=": lambda number: number <= 0,
}  # fmt: skip
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Known:
    """A question that was imported: its id, what it is, its option codes by their names in the sheet.

    `certain`: it has an answer whenever a later question is asked.
    """

    id: str
    kind: Kind
    codes: Mapping[str, str] = field(default_factory=dict)
    certain: bool = True


class _Part(NamedTuple):
    """A piece of an expression, how tightly it holds together, and what it is made of."""

    text: str
    level: int
    literal: str | float | None = None
    known: Known | None = None
    counted: bool = False
    names: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class Translator:
    """Knows the questions before a place, why others are not there, and the question that `.` is."""

    known: Mapping[str, Known]
    absent: Mapping[str, str] = field(default_factory=dict)
    own: Known | None = None

    def condition(self, source: str | Node) -> str:
        """The same condition for flows. Raises `Untranslatable` with what has no equivalent."""
        return self._truth(parse(source) if isinstance(source, str) else source).text

    def bound(self, node: Node) -> str:
        """A number or a date that an answer is compared with."""
        return self._value(node).text

    def _truth(self, node: Node) -> _Part:
        match node:
            case Operation("or" | "and" as sign, left, right):
                level = _OR if sign == "or" else _AND
                first, second = _within(self._truth(left), level), _within(self._truth(right), level)
                return _Part(f"{first} {sign} {second}", level)
            case Operation("=" | "!=" | "<" | "<=" | ">" | ">=" as sign, left, right):
                return self._compared(sign, self._value(left), self._value(right))
            case Call("not", (inner,)):
                return _negated(self._truth(inner))
            case Call("true" | "false" as word, ()):
                return _Part(word, _ATOM)
            case Call("boolean", (inner,)):
                return self._truth(inner)
            case Call("selected", (question, Literal(str(name)))):
                return self._selected(question, name)
            case Name() | Own():
                known = self._question(node)
                return _Part(known.id if known.kind is Kind.BOOL else f"answered({known.id})", _ATOM)
            case _:
                raise Untranslatable(f"{_said(node)} is no condition")

    def _question(self, node: Node) -> Known:
        if isinstance(node, Own):
            if self.own is None:
                raise Untranslatable("`.` stands for an answer only in a constraint")
            return self.own
        if not isinstance(node, Name):
            raise Untranslatable(f"{_said(node)} stands where a question is expected")
        if (known := self.known.get(node.id)) is None:
            raise Untranslatable(self.absent.get(node.id, f"there is no question `{node.id}` before it"))
        return known

    def _selected(self, node: Node, name: str) -> _Part:
        known = self._question(node)
        if known.kind not in {Kind.CODE, Kind.CODES}:
            raise Untranslatable(f"`{known.id}` has no options to be selected")
        code = _code(known, name)
        text = f'"{code}" in {known.id}' if known.kind is Kind.CODES else f'{known.id} == "{code}"'
        return _Part(text, _COMPARE)

    def _value(self, node: Node) -> _Part:
        match node:
            case Literal(value):
                return _Part(_written(value), _ATOM, literal=value)
            case Name() | Own():
                known = self._question(node)
                return _Part(known.id, _ATOM, known=known, names=(known,))
            case Operation("+" | "-" as sign, left, right):
                return self._sum(sign, left, right)
            case Call("today", ()):
                return _Part("today", _ATOM)
            case Call("date" | "number" | "string", (inner,)) if isinstance(inner, Literal | Name | Own):
                return self._value(inner)
            case Call("count-selected", (question,)):
                known = self._question(question)
                if known.kind is not Kind.CODES:
                    raise Untranslatable(f"`{known.id}` has no several options to count")
                return _Part(f"count({known.id})", _ATOM, known=known, counted=True)
            case Call("true" | "false" as word, ()):
                return _Part(word, _ATOM)
            case _:
                raise Untranslatable(f"{_said(node)} has no equivalent")

    def _sum(self, sign: str, left: Node, right: Node) -> _Part:
        if left == Literal(0) and sign == "-" and isinstance(right, Literal) and not isinstance(right.value, str):
            return _Part(f"-{_written(right.value)}", _SUM, literal=-right.value)
        first, second = self._value(left), self._value(right)
        # A sum to the right of a minus keeps its brackets.
        after = f"({second.text})" if second.level == _SUM else _within(second, _SUM)
        return _Part(f"{_within(first, _SUM)} {sign} {after}", _SUM, names=first.names + second.names)

    def _compared(self, sign: str, left: _Part, right: _Part) -> _Part:
        if left.known is None and right.known is not None:
            left, right, sign = right, left, _FLIPPED.get(sign, sign)
        names = left.names + right.names
        if left.counted:
            return _counted(sign, left, right)
        if not names:
            raise Untranslatable(f"`{left.text} {sign} {right.text}` compares no answer")
        if left.known is not None and right.literal is not None:
            if right.literal == "" and sign in {"=", "!="}:
                return _answered(left.known, sign)
            right = right._replace(text=_fitted(left.known, right.literal))
        equal = "==" if sign == "=" else sign
        if sign == "!=" and not all(known.certain for known in names):
            return _Part(f"not {_within(left, _SUM)} == {_within(right, _SUM)}", _NOT)
        return _Part(f"{_within(left, _SUM)} {equal} {_within(right, _SUM)}", _COMPARE)


def _answered(known: Known, sign: str) -> _Part:
    text = f"answered({known.id})"
    return _Part(text, _ATOM) if sign == "!=" else _Part(f"not {text}", _NOT)


def _counted(sign: str, left: _Part, right: _Part) -> _Part:
    """Nothing selected counts as zero in XPath, and has no count in flows."""
    known = left.known
    text = f"{left.text} {'==' if sign == '=' else sign} {right.text}"
    if known is None or isinstance(right.literal, str) or right.literal is None:
        raise Untranslatable(f"`{text}` compares a count with no plain number")
    if known.certain or not _ZERO_FITS[sign](right.literal):
        return _Part(text, _COMPARE)
    return _Part(f"not answered({known.id}) or {text}", _OR)


def _negated(inner: _Part) -> _Part:
    return _Part(f"not {_within(inner, _NOT)}", _NOT)


def _within(part: _Part, level: int) -> str:
    """The piece inside an operation of a level: in brackets where it holds together less."""
    return part.text if part.level >= level else f"({part.text})"


def _code(known: Known, name: str | float) -> str:
    code = known.codes.get(name if isinstance(name, str) else _written(name))
    if code is None:
        raise Untranslatable(f"`{known.id}` has no option `{name}`")
    return code


def _fitted(known: Known, literal: str | float) -> str:
    """A literal as the other side needs it: XPath turns texts and numbers into each other."""
    text = literal if isinstance(literal, str) else _written(literal)
    if known.kind is Kind.CODES:
        raise Untranslatable(f"`{known.id}` may be several options: `selected()` asks for one of them")
    if known.kind is Kind.CODE:
        return f'"{_code(known, literal)}"'
    if known.kind is Kind.BOOL:
        return "true"
    if known.kind is Kind.NUMBER:
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise Untranslatable(f"`{known.id}` is a number, `{text}` is none")
        return text
    if known.kind is Kind.DATE and not _DAY.fullmatch(text):
        raise Untranslatable(f"`{known.id}` is a date, `{text}` is none")
    return _written(text)


def _written(value: str | float) -> str:
    """A literal as expressions have it."""
    if not isinstance(value, str):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    if "\\" in value or "\n" in value or ('"' in value and "'" in value):
        raise Untranslatable(f"the text {value!r} cannot be written in an expression")
    return f"'{value}'" if '"' in value else f'"{value}"'


def _said(node: Node) -> str:
    match node:
        case Call(function, _):
            return f"`{function}()`"
        case Operation(sign, _, _):
            return f"`{sign}`"
        case Name(id):
            return f"`{id}`"
        case Literal(value):
            return f"`{value}`"
        case _:
            return "`.`"
