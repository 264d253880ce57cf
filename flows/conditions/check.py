"""Reads an expression, types it from the questions, and gives its tree or everything that is wrong with it."""

import ast
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from flows.conditions.expression import Expression, Faulty, Read
from flows.conditions.scope import BUILT_IN, CONSTANTS, FUNCTIONS, Kind, Name, Scope
from flows.conditions.tree import Operand

DEPTH_LIMIT = 40
"""Expressions in expressions. 300 characters have room for 150, and every level costs stack when it is evaluated."""
EXACT = 2**53
"""The greatest number below which a browser knows every whole one."""

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in",
}  # fmt: skip
_EQUAL = frozenset({Kind.BOOL, Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.CODE})
_ORDERED = frozenset({Kind.NUMBER, Kind.DATE})
_CALLED = {
    Kind.BOOL: "a yes or no", Kind.NUMBER: "a number", Kind.TEXT: "a text", Kind.DATE: "a date",
    Kind.CODE: "one option", Kind.CODES: "several options", Kind.FILE: "a file", Kind.LOCATION: "a place",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of an expression: its tree and kind. `literal` is written out; `codes` are those it can be."""

    kind: Kind
    tree: Operand
    codes: tuple[str, ...] = ()
    literal: bool = False


def read_condition(source: str, scope: Scope) -> tuple[Operand, frozenset[str]]:
    """The tree of a condition and the questions it names. Raises `BadCondition` with every fault that was found."""
    expression = Expression(source)
    reader = _Reader(expression, scope)
    return expression.read(reader.truth), frozenset(reader.used)


def read_bound(source: str, scope: Scope, kind: Kind | None) -> tuple[Typed, frozenset[str]]:
    """The same for one end of a range: a number or a date, or the one that is wanted."""
    expression = Expression(f'"{source}"' if _is_day(source) else source)
    reader = _Reader(expression, scope)
    return expression.read(lambda node: reader.bound(node, kind)), frozenset(reader.used)


class _Reader:
    def __init__(self, expression: Expression, scope: Scope) -> None:
        self.used: set[str] = set()
        self._refused = expression.refused
        self._text = expression.text
        self._too_deep = expression.too_deep
        self._scope = scope
        self._depth = 0

    def truth(self, node: ast.expr) -> Operand:
        """The tree of what must be true or false."""
        found = self._read(node)
        if found.kind is Kind.BOOL:
            return found.tree
        text = self._text(node)
        suggestion = f"Write `answered({text})`, or compare it." if isinstance(node, ast.Name) else "Compare it."
        raise self._refused(node, "type_mismatch", f"`{text}` is {_CALLED[found.kind]}, not a yes or no.", suggestion)

    def bound(self, node: ast.expr, kind: Kind | None) -> Typed:
        """A number or a date."""
        found = self._read(node)
        if found.literal and found.kind is Kind.TEXT:
            found = self._fitted(node, found, Typed(Kind.DATE, ()))
        wanted = _ORDERED if kind is None else {kind}
        if found.kind not in wanted:
            called = " or ".join(_CALLED[one] for one in sorted(wanted, reverse=True))
            sentence = f"`{self._text(node)}` is {_CALLED[found.kind]}, not {called}."
            raise self._refused(node, "type_mismatch", sentence, None)
        return found

    def _read(self, node: ast.expr) -> Typed:
        if self._depth >= DEPTH_LIMIT:
            raise self._too_deep(node)
        self._depth += 1
        try:
            return self._typed(node)
        finally:
            self._depth -= 1

    def _typed(self, node: ast.expr) -> Typed:
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Constant(value=str() as text):
                return Typed(Kind.TEXT, text, literal=True)
            case ast.Constant(value=int() | float() as number):
                return self._number(node, number)
            case ast.BoolOp():
                operator = "and" if isinstance(node.op, ast.And) else "or"
                return Typed(Kind.BOOL, (operator, *self._each(node.values, self.truth)))
            case ast.UnaryOp(op=ast.Not()):
                return Typed(Kind.BOOL, ("not", self.truth(node.operand)))
            case ast.UnaryOp():
                return self._signed(node)
            case ast.BinOp():
                return self._sum(node)
            case ast.Compare():
                return self._compared(node)
            case ast.Call():
                return self._call(node)
            case ast.List() | ast.Tuple():
                raise self._refused(node, "not_allowed", "A list stands only after `in`.", None)
            case _:
                raise self._refused(node, "not_allowed", f"`{self._text(node)}` is no part of conditions.", None)

    def _each(self, nodes: Iterable[ast.expr], read: Callable[[ast.expr], Read]) -> list[Read]:
        """All of them, so that each may complain."""
        results, failed = [], False
        for node in nodes:
            try:
                results.append(read(node))
            except Faulty:
                failed = True
        if failed:
            raise Faulty
        return results

    # Names and numbers

    def _name(self, node: ast.Name) -> Typed:
        word = node.id
        if word in CONSTANTS:
            return Typed(Kind.BOOL, word == "true", literal=True)
        if word == "today":
            return Typed(Kind.DATE, ("today",))
        if word == "score":
            if not self._scope.allow_score:
                sentence = "`score` is known only when the questions are over."
                raise self._refused(node, "score_not_here", sentence, "Use it in `outcomes`.")
            return Typed(Kind.NUMBER, ("score",))
        found = self._question(node, word)
        operator = "date" if found.kind is Kind.DATE else "answer"
        return Typed(found.kind, (operator, word), found.codes)

    def _question(self, node: ast.expr, word: str) -> Name:
        if (found := self._scope.names.get(word)) is not None:
            self.used.add(word)
            return found
        if word in self._scope.later:
            sentence = f"`{word}` is asked later: it has no answer here yet."
            raise self._refused(node, "forward_reference", sentence, f"Move the question `{word}` before this place.")
        if word in FUNCTIONS:
            raise self._refused(node, "not_allowed", f"`{word}` asks about a question.", f"Write `{word}(...)`.")
        known = [*self._scope.names, *self._scope.later, *BUILT_IN, *CONSTANTS]
        raise self._refused(node, "unknown_id", f"There is no question `{word}`.", _meant(word, known))

    def _number(self, node: ast.expr, number: float) -> Typed:
        if isinstance(number, bool) or not abs(number) <= EXACT:
            raise self._refused(
                node, "not_allowed", f"`{self._text(node)}` is too great a number.", f"Stay below {EXACT}."
            )
        return Typed(Kind.NUMBER, number, literal=True)

    # Sums

    def _signed(self, node: ast.UnaryOp) -> Typed:
        found = self._read(node.operand)
        if found.kind is not Kind.NUMBER:
            sentence = f"`{self._text(node.operand)}` is {_CALLED[found.kind]}, not a number."
            raise self._refused(node.operand, "type_mismatch", sentence, None)
        if isinstance(node.op, ast.UAdd):
            return found
        if isinstance(found.tree, int | float):
            return Typed(Kind.NUMBER, -found.tree, literal=True)
        return Typed(Kind.NUMBER, ("-", found.tree))

    def _sum(self, node: ast.BinOp) -> Typed:
        left, right = self._each((node.left, node.right), self._addend)
        sign = "+" if isinstance(node.op, ast.Add) else "-"
        match left.kind, sign, right.kind:
            case (Kind.NUMBER, _, Kind.NUMBER) | (Kind.DATE, "-", Kind.DATE):
                kind = Kind.NUMBER
            case (Kind.DATE, _, Kind.NUMBER) | (Kind.NUMBER, "+", Kind.DATE):
                kind = Kind.DATE
            case _:
                first, second = _CALLED[left.kind].capitalize(), _CALLED[right.kind]
                sentence = f"{first} + {second} is nothing." if sign == "+" else f"{first} - {second} is nothing."
                raise self._refused(node, "type_mismatch", sentence, "Add numbers, or days to a date.")
        return Typed(kind, (sign, left.tree, right.tree))

    def _addend(self, node: ast.expr) -> Typed:
        found = self._read(node)
        if found.literal and found.kind is Kind.TEXT:
            return self._fitted(node, found, Typed(Kind.DATE, ()))
        return found

    # Comparisons

    def _compared(self, node: ast.Compare) -> Typed:
        if len(node.ops) > 1:
            middle = self._text(node.comparators[0])
            signs = [_SIGNS.get(type(op), "is") for op in node.ops[:2]]
            first, last = self._text(node.left), self._text(node.comparators[1])
            suggestion = f"Write `{first} {signs[0]} {middle} and {middle} {signs[1]} {last}`."
            raise self._refused(node, "chained_comparison", "One comparison has two sides.", suggestion)
        sign, right = _SIGNS[type(node.ops[0])], node.comparators[0]
        if sign in {"in", "not in"}:
            return Typed(Kind.BOOL, self._member(node.left, sign, right))
        return Typed(Kind.BOOL, self._sides(node, sign, right))

    def _sides(self, node: ast.Compare, sign: str, right_node: ast.expr) -> Operand:
        self._expect_quotes(node.left, right_node)
        self._expect_quotes(right_node, node.left)
        left, right = self._each((node.left, right_node), self._read)
        if left.literal and right.literal:
            raise self._constant(node, left, right)
        if left.literal:
            left = self._fitted(node.left, left, right)
        if right.literal:
            right = self._fitted(right_node, right, left)
        if left.kind is Kind.CODES or right.kind is Kind.CODES:
            name = self._text(node.left if left.kind is Kind.CODES else right_node)
            suggestion = f"Write `... in {name}` or `count({name})`."
            raise self._refused(node, "type_mismatch", f"`{name}` may be several options at once.", suggestion)
        allowed = _EQUAL if sign in {"==", "!="} else _ORDERED
        if left.kind is not right.kind or left.kind not in allowed:
            raise self._mismatch(node, sign, left, right)
        return (sign, left.tree, right.tree)

    def _constant(self, node: ast.Compare, left: Typed, right: Typed) -> Faulty:
        named = [typed.tree for typed in (left, right) if typed.tree in self._scope.names]
        suggestion = f"Write {named[0]} without quotes." if named else "Compare the answer to a question."
        return self._refused(node, "constant_comparison", "Both sides are always the same.", suggestion)

    def _mismatch(self, node: ast.Compare, sign: str, left: Typed, right: Typed) -> Faulty:
        if left.kind is right.kind:
            if sign in {"==", "!="}:
                suggestion = f"Write `answered({self._text(node.left)})`."
                sentence = f"{_CALLED[left.kind].capitalize()} cannot be compared."
            else:
                suggestion = "Compare it by == or !=."
                sentence = f"{_CALLED[left.kind].capitalize()} has no order."
            return self._refused(node, "type_mismatch", sentence, suggestion)
        texts = self._text(node.left), self._text(node.comparators[0])
        sentence = f"`{texts[0]}` is {_CALLED[left.kind]}, `{texts[1]}` is {_CALLED[right.kind]}."
        return self._refused(node, "type_mismatch", sentence, "Compare things of one kind.")

    def _member(self, left_node: ast.expr, sign: str, right_node: ast.expr) -> Operand:
        if isinstance(right_node, ast.List):
            return self._listed(left_node, sign, right_node)
        if isinstance(right_node, ast.Tuple):
            raise self._refused(right_node, "not_allowed", "A list stands in square brackets.", "Write [ and ].")
        self._expect_quotes(left_node, right_node)
        left, right = self._each((left_node, right_node), self._read)
        if right.kind is not Kind.CODES:
            name = self._text(right_node)
            sentence = f"`{name}` is {_CALLED[right.kind]}, not several options."
            raise self._refused(right_node, "type_mismatch", sentence, f"Write `{name} == ...`, or a list in [ and ].")
        if left.literal:
            left = self._fitted(left_node, left, Typed(Kind.CODE, (), right.codes))
        if left.kind is not Kind.CODE:
            sentence = (
                f"`{self._text(left_node)}` is {_CALLED[left.kind]}, not an option of `{self._text(right_node)}`."
            )
            raise self._refused(left_node, "type_mismatch", sentence, None)
        return ("has" if sign == "in" else "lacks", right.tree, left.tree)

    def _listed(self, left_node: ast.expr, sign: str, right_node: ast.List) -> Operand:
        left = self._read(left_node)
        if left.literal or left.kind not in {Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.CODE}:
            sentence = f"`{self._text(left_node)}` cannot be looked for in a list."
            suggestion = f'Write `"..." in {self._text(left_node)}`.' if left.kind is Kind.CODES else None
            raise self._refused(left_node, "type_mismatch", sentence, suggestion)
        if not right_node.elts:
            raise self._refused(right_node, "empty_list", "The list is empty.", "Write the values that are meant.")
        values = self._each(right_node.elts, lambda node: self._element(node, left))
        if left.kind is Kind.DATE:
            equal, joined = ("==", "or") if sign == "in" else ("!=", "and")
            return (joined, *((equal, left.tree, value) for value in values))
        return (sign, left.tree, tuple(values))

    def _element(self, node: ast.expr, sought: Typed) -> Operand:
        if isinstance(node, ast.Name) and node.id not in CONSTANTS:
            sentence = f"`{node.id}` in a list is no plain value."
            raise self._refused(node, "not_allowed", sentence, f'Write "{node.id}" in quotes.')
        found = self._read(node)
        if not found.literal:
            raise self._refused(node, "not_allowed", "A list holds plain values.", "Write texts in quotes, or numbers.")
        fitted = self._fitted(node, found, sought)
        if fitted.kind is not sought.kind:
            sentence = f"`{self._text(node)}` is {_CALLED[fitted.kind]}, not {_CALLED[sought.kind]}."
            raise self._refused(node, "type_mismatch", sentence, None)
        return fitted.tree

    def _fitted(self, node: ast.expr, literal: Typed, other: Typed) -> Typed:
        """A text in quotes beside an option is a code, and beside a date it is a date."""
        if literal.kind is not Kind.TEXT or not isinstance(literal.tree, str):
            return literal
        text = literal.tree
        if other.kind in {Kind.CODE, Kind.CODES}:
            if text not in other.codes:
                sentence = f'There is no option "{text}".'
                options = ", ".join(other.codes)
                raise self._refused(
                    node,
                    "unknown_code",
                    sentence,
                    _meant(text, other.codes) or (f"The options are {options}." if options else None),
                )
            return Typed(Kind.CODE, text, other.codes, literal=True)
        if other.kind is Kind.DATE:
            if not _is_day(text):
                raise self._refused(node, "type_mismatch", f'"{text}" is no date.', 'Write the date as "2026-12-31".')
            return Typed(Kind.DATE, ("day", text), literal=True)
        return literal

    def _expect_quotes(self, node: ast.expr, beside: ast.expr) -> None:
        """An option without quotes looks like a question that does not exist: say what was meant."""
        if not (isinstance(node, ast.Name) and isinstance(beside, ast.Name)) or node.id in self._scope.names:
            return
        known = self._scope.names.get(beside.id)
        if known is not None and node.id in known.codes:
            sentence = f"`{node.id}` is an option of `{beside.id}`, not a question."
            raise self._refused(node, "unknown_id", sentence, f'Write "{node.id}" in quotes.')

    # Calls

    def _call(self, node: ast.Call) -> Typed:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            sentence = f"`{self._text(node.func)}(...)` is not among the functions."
            raise self._refused(node, "not_allowed", sentence, "There are `answered(...)` and `count(...)`.")
        function = node.func.id
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Name) or node.args[0].id in BUILT_IN | CONSTANTS:
            sentence = f"`{function}` asks about one question."
            raise self._refused(node, "not_allowed", sentence, f"Write `{function}(id)` with the id of a question.")
        name = node.args[0].id
        found = self._question(node.args[0], name)
        if function == "answered":
            return Typed(Kind.BOOL, ("answered", name))
        if found.kind not in {Kind.CODES, Kind.FILE}:
            sentence = f"`{name}` is {_CALLED[found.kind]}: there is nothing to count."
            raise self._refused(node.args[0], "type_mismatch", sentence, f"Write `answered({name})`.")
        return Typed(Kind.NUMBER, ("count", name))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _meant(word: str, known: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(word.lower(), sorted(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else None
