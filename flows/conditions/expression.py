"""The text of an expression: where each part of it stands, and the faults that were found in it."""

import ast
from collections.abc import Callable
from typing import TypeVar

from flows.conditions.scope import BadCondition, Fault
from flows.conditions.words import lexical_faults

Read = TypeVar("Read")


class Faulty(Exception):
    """A part has no meaning, and its fault is noted: what stands around it has nothing to add."""


class Expression:
    """An expression while it is read."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._faults: list[Fault] = []
        self._line = source.strip().replace("\n", " ").replace("\r", " ")
        self._shift = len(source) - len(source.lstrip())

    def read(self, read: Callable[[ast.expr], Read]) -> Read:
        """What `read` makes of the parsed text. Raises `BadCondition` with the faults, if there are any."""
        self._faults += lexical_faults(self._source)
        if not self._faults:
            try:
                result = read(self._parsed())
            except Faulty:
                pass
            else:
                if not self._faults:
                    return result
        raise BadCondition(self._source, self._faults)

    def _parsed(self) -> ast.expr:
        try:
            return ast.parse(self._line, mode="eval").body
        except SyntaxError as error:
            # At the end of the text the parser names no place.
            offset = self._shift + (error.offset - 1 if error.offset else len(self._line))
            sentence = "The expression cannot be read here."
            self._faults.append(Fault("syntax", sentence, "Compare the brackets and operators.", offset))
        except (RecursionError, MemoryError):
            self._faults.append(_too_deep(self._shift))
        raise Faulty

    def refused(self, node: ast.expr, code: str, sentence: str, suggestion: str | None) -> Faulty:
        """Note a fault where the part begins, and give what is to be raised."""
        self._faults.append(Fault(code, sentence, suggestion, self._offset(node)))
        return Faulty()

    def too_deep(self, node: ast.expr) -> Faulty:
        """Note, once, that the expression is nested too deeply."""
        if all(fault.code != "too_deep" for fault in self._faults):
            self._faults.append(_too_deep(self._offset(node)))
        return Faulty()

    def text(self, node: ast.expr) -> str:
        """A part as it is written."""
        return self._line[self._characters(node.col_offset) : self._characters(node.end_col_offset or 0)]

    def _offset(self, node: ast.expr) -> int:
        return self._shift + self._characters(node.col_offset)

    def _characters(self, size_bytes: int) -> int:
        """Python's parser counts bytes of UTF-8."""
        return len(self._line.encode()[:size_bytes].decode())


def _too_deep(offset: int) -> Fault:
    return Fault("too_deep", "The expression is nested too deeply.", "Leave out brackets, or split it.", offset)
