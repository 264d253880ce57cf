"""From YAML text to nodes that know their line and column. YAML 1.2, and less of it: no anchors, tags or duplicates.

The parser's events are read directly: a loader to plain values would lose the positions that every message needs, and
would let duplicate keys and aliases pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from flows.problems import Problem, Severity
from flows.slips import slip_near

SIZE_LIMIT_BYTES = 128 * 1024
"""About 2,000 questions. A longer file is a mistake, and the parser takes 10 s for one megabyte."""
DEPTH_LIMIT = 12
"""The grammar needs seven levels. The parser's time grows with the square of the depth."""
BRACKETS = re.compile(r"[\[{]\s*" * (DEPTH_LIMIT + 1))

# The core schema of YAML 1.2.2, section 10.3.2: `no`, `on` and `12:30` are texts.
INT = re.compile(r"[-+]?[0-9]{1,18}")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a file. `line` and `column` count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A single value. `text` is what was written, `lead` how many characters stand before it (a quote)."""

    text: str
    value: str | int | float | bool | None
    lead: int | None = 0


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """A list."""

    items: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """Keys and values, in the order they were written."""

    pairs: "tuple[tuple[Scalar, Tree], ...]"

    def get(self, key: str) -> "Tree | None":
        """The value of `key`; None where it is not given."""
        return next((value for name, value in self.pairs if name.text == key), None)


Tree = Scalar | Sequence | Mapping


class Report:
    """Problems as they are found. The same sentence about the same place is told once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(
        self,
        node: Node,
        code: str,
        sentence: str,
        suggestion: str | None = None,
        *,
        severity: Severity = Severity.ERROR,
        offset: int | None = None,
    ) -> None:
        """Note what is wrong at `node`, or `offset` characters into its text."""
        column = node.column
        if offset is not None and isinstance(node, Scalar) and node.lead is not None:
            column += node.lead + offset
        self._found[Problem(node.file, node.line, column, code, sentence, suggestion, severity)] = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them, by file and place."""
        return tuple(sorted(self._found, key=lambda found: (found.file, found.line, found.column)))

    @property
    def failed(self) -> bool:
        """Whether one of them is an error."""
        return any(found.severity is Severity.ERROR for found in self._found)


def load(file: str, text: str, report: Report) -> Mapping | None:
    """The file's mapping; None when it cannot be read, and `report` says why."""
    try:
        tree = _read(file, text, report)
    except _GivenUpError:
        return None
    if isinstance(tree, Mapping):
        return tree
    place = tree or Node(file, 1, 1)
    report.add(place, "not_a_mapping", "The file must consist of `key: value` lines.", "Begin with `flow: name`.")
    return None


def load_list(file: str, text: str, report: Report) -> Sequence | None:
    """The file's list; None when it cannot be read, and `report` says why."""
    try:
        tree = _read(file, text, report)
    except _GivenUpError:
        return None
    if isinstance(tree, Sequence):
        return tree
    report.add(tree or Node(file, 1, 1), "not_a_list", "The file must be a list.", "Begin each entry with `- `.")
    return None


def _read(file: str, text: str, report: Report) -> Tree | None:
    """The file's tree; None for an empty one. Raises `_GivenUpError` when the report says why it cannot be read."""
    start = Node(file, 1, 1)
    size = len(text.encode("utf-8", "replace"))
    if size > SIZE_LIMIT_BYTES:
        report.add(start, "too_large", f"The file has {size} bytes; at most {SIZE_LIMIT_BYTES} are read.", "Split it.")
        raise _GivenUpError
    if BRACKETS.search(text):
        report.add(start, "too_deep", f"Brackets are nested more than {DEPTH_LIMIT} levels deep.")
        raise _GivenUpError
    try:
        return _Reader(file, text, report).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Node(file, mark.line + 1, mark.column + 1) if mark else start
        if slip := slip_near(text, place.line):
            report.add(Node(file, slip.line, slip.column), "yaml_syntax", slip.sentence, slip.suggestion)
        else:
            hint = "Check the indentation, the colons and the quotes around here."
            report.add(place, "yaml_syntax", _syntax(error), hint)
    except ReaderError as error:
        line, column = _place(text, int(error.position or 0))
        report.add(Node(file, line, column), "bad_character", "This character may not stand in YAML.", "Remove it.")
    except (YAMLError, ValueError, RecursionError) as error:
        report.add(start, "yaml_syntax", f"This is not YAML: {error}.")
    raise _GivenUpError


def _syntax(error: MarkedYAMLError) -> str:
    problem = str(error.problem or "cannot be read").strip().rstrip(".")
    return f"This is not YAML: {problem}."


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


class _GivenUpError(Exception):
    """The file holds something that makes reading on pointless; it is in the report."""


class _Reader:
    """Builds the tree from the parser's events."""

    def __init__(self, file: str, text: str, report: Report) -> None:
        self._file = file
        self._report = report
        yaml = YAML(typ="safe", pure=True)
        self._events: Iterator[Any] = iter(yaml.parse(text))

    def document(self) -> Tree | None:
        tree: Tree | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._report.add(
                        self._at(event), "several_documents", "A file holds one flow.", "Remove the `---`."
                    )
                    raise _GivenUpError
            elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent | AliasEvent):
                tree = self._tree(event, 0)
        return tree

    def _at(self, event: Any) -> Node:
        return Node(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _tree(self, event: Any, depth: int) -> Tree:
        at = self._at(event)
        if depth > DEPTH_LIMIT:
            self._report.add(at, "too_deep", f"Values are nested more than {DEPTH_LIMIT} levels deep.")
            raise _GivenUpError
        if isinstance(event, AliasEvent):
            self._report.add(at, "alias", "Aliases (`*name`) are not read.", "Write the value out.")
            return Scalar(at.file, at.line, at.column, "", None)
        if event.anchor:
            self._report.add(at, "anchor", "Anchors (`&name`) are not read.", "Remove it and write the value out.")
        if event.ctag is not None:
            self._report.add(at, "tag", f"Tags such as `{event.ctag}` are not read.", "Remove it; quote the value.")
        if isinstance(event, ScalarEvent):
            return self._scalar(event, at)
        if isinstance(event, SequenceStartEvent):
            return Sequence(at.file, at.line, at.column, tuple(self._items(depth)))
        return self._mapping(at, depth)

    def _items(self, depth: int) -> Iterator[Tree]:
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                return
            yield self._tree(event, depth + 1)

    def _mapping(self, at: Node, depth: int) -> Mapping:
        pairs: list[tuple[Scalar, Tree]] = []
        seen: dict[str, Scalar] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._tree(event, depth + 1)
            value = self._tree(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                self._report.add(key, "bad_key", "A list or a mapping cannot be a key.")
                continue
            first = seen.setdefault(key.text, key)
            if first is not key:
                sentence = f"`{key.text}` is given twice. It stands in line {first.line} already."
                self._report.add(key, "duplicate_key", sentence, "Keep one of them.")
                continue
            pairs.append((key, value))
        return Mapping(at.file, at.line, at.column, tuple(pairs))

    def _scalar(self, event: ScalarEvent, at: Node) -> Scalar:
        text = event.value
        lead: int | None = 0 if event.style is None else 1
        if event.style in {"|", ">"} or event.end_mark.line > event.start_mark.line:
            lead = None  # the text's characters and the file's do not correspond
        value = plain_value(text) if event.style is None else text
        return Scalar(at.file, at.line, at.column, text, value, lead)


def plain_value(text: str) -> str | int | float | bool | None:
    """What an unquoted `text` means in YAML 1.2."""
    if text in WORDS:
        return WORDS[text]
    if INT.fullmatch(text):
        return int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return text
