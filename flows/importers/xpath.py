"""The XPath of XLSForm, as far as conditions of flows can say the same."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LENGTH_LIMIT = 2000
DEPTH_LIMIT = 30
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>\$\{\s*(?P<id>[^}\s]+)\s*\})|(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d+)?|\.\d+)"""
    r"""|(?P<word>[A-Za-z_][\w-]*(?::[\w-]+)?)|(?P<sign><=|>=|!=|//|\.\.|[=<>+\-*/(),.|\[\]@]))"""
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
"""From the loosest to the tightest (XPath 1.0, section 3.5)."""
_QUOTES = str.maketrans("“”„‘’", '"""\'\'')


class Untranslatable(Exception):
    """The expression has no equivalent. The message says which part of it."""


@dataclass(frozen=True, slots=True)
class Name:
    """`${name}`: the answer to a question."""

    id: str


@dataclass(frozen=True, slots=True)
class Own:
    """`.`: the answer that is being checked."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands and what is between them."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments."""

    function: str
    arguments: "tuple[Node, ...]"


Node = Name | Own | Literal | Operation | Call


def parse(text: str) -> Node:
    """The expression as a tree. Raises `Untranslatable`."""
    if len(text) > LENGTH_LIMIT:
        raise Untranslatable(f"the expression is longer than {LENGTH_LIMIT} characters")
    parser = _Parser(list(_tokens(text.translate(_QUOTES).replace("\xa0", " "))))
    node = parser.level(0)
    if parser.kind:
        raise Untranslatable(f"`{parser.word}` is not expected there")
    return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise Untranslatable(f"`{text[position:end].strip()[:20]}` cannot be read")
        kind = found.lastgroup if found["name"] is None else "name"
        yield kind or "", found["id"] if kind == "name" else found[kind or 0].strip()
        position = found.end()


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("", "")]
        self._at = 0
        self._depth = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def word(self) -> str:
        return self._tokens[self._at][1] or "the end"

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, *words: str) -> bool:
        return self.kind in {"sign", "word"} and self.word in words

    def level(self, number: int) -> Node:
        """An expression of operators that bind at least as tightly as those of a level."""
        if number == len(_LEVELS):
            return self._unary()
        node = self.level(number + 1)
        while self._is(*_LEVELS[number]):
            _, sign = self._next()
            node = Operation(sign, node, self.level(number + 1))
        return node

    def _unary(self) -> Node:
        if self._is("-"):
            self._next()
            return Operation("-", Literal(0), self._deeper(self._unary))
        kind, word = self._next()
        match kind:
            case "name":
                return Name(word)
            case "text":
                return Literal(word[1:-1])
            case "number":
                return Literal(float(word) if "." in word else int(word))
            case "word" if self._is("("):
                return Call(word, tuple(self._arguments()))
            case "sign" if word == ".":
                return Own()
            case "sign" if word == "(":
                node = self._deeper(lambda: self.level(0))
                self._expect(")")
                return node
            case _:
                raise Untranslatable(f"`{word or 'the end'}` is not expected there")

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise Untranslatable("the expression is nested too deeply")
        node = read()
        self._depth -= 1
        return node

    def _arguments(self) -> Iterator[Node]:
        self._expect("(")
        while not self._is(")"):
            yield self._deeper(lambda: self.level(0))
            if not self._is(","):
                break
            self._next()
        self._expect(")")

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise Untranslatable(f"`{sign}` is expected before {self.word}")
        self._next()
