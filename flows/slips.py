"""Slips: which of the usual mistakes stands where YAML could not be read, in an author's words and not the parser's."""

import re
from collections.abc import Sequence
from typing import NamedTuple

LOOKED_BACK = 6
"""Lines before the parser's place in which a bracket may stand open."""
PAIRS = {"[": "]", "{": "}"}
_PAIR = re.compile(r"(?P<lead>\s*(?:- +)*)(?P<key>[^\s:#'\"\[{][^:#]*?):(?: +(?P<value>\S.*))?$")
_QUOTED_KEY = re.compile(r"(?P<lead>\s*(?:- +)?)(?P<quote>[\"'])[^\"']*(?P=quote) +[^:\s#][^:]*:(?: .*)?")
_TAB = re.compile(r" *\t")


class Slip(NamedTuple):
    """What is wrong, where (both count from 1), and what to write instead."""

    line: int
    column: int
    sentence: str
    suggestion: str


def slip_near(text: str, line: int) -> Slip | None:
    """The usual mistake in `line` (counted from 1) or shortly before; None where it is none of them."""
    lines = [one.rstrip(" \r") for one in text.split("\n")[:line]]
    for number in range(len(lines), max(0, len(lines) - 2), -1):
        if slip := _in_line(lines[number - 1], number):
            return slip
    for number in range(len(lines), max(0, len(lines) - LOOKED_BACK), -1):
        if slip := _left_open(lines[number - 1 :], number):
            return slip
    return _stands_wrong(lines)


def _in_line(line: str, number: int) -> Slip | None:
    if tab := _TAB.match(line):
        return Slip(number, tab.end(), "A tab stands before the text.", "Indent with blanks.")
    if quoted := _QUOTED_KEY.fullmatch(line):
        hint = "Put all of it in single quotes." if quoted["quote"] == '"' else "Put all of it in double quotes."
        return Slip(number, quoted.end("lead") + 1, "More stands behind the closing quote.", hint)
    pair = _PAIR.match(line)
    value = pair["value"] if pair else None
    if pair is None or not value:
        return None
    column = pair.start("value") + 1
    if value[0] in PAIRS:
        end = _closed_at(value)
        if end is not None and _is_text(value[end + 1 :]):
            sentence = f"A value that begins with `{value[0]}` is no text."
            return Slip(number, column, sentence, "Put the whole text in double quotes.")
        return None
    if value[0] in "\"'":
        end = value.find(value[0], 1)
        if end > 0 and value[end : end + 2] != "''" and _is_text(value[end + 1 :]):
            hint = "Put all of it in single quotes." if value[0] == '"' else "Put all of it in double quotes."
            return Slip(number, column + end, "More stands behind the closing quote.", hint)
        return None
    colon = value.find(": ")
    if colon > 0:
        sentence = "A colon with a blank behind it ends a key, and no text has it without quotes."
        return Slip(number, column + colon, sentence, "Put the whole text in quotes.")
    return None


def _left_open(lines: Sequence[str], number: int) -> Slip | None:
    pair = _PAIR.match(lines[0])
    value = pair["value"] if pair else None
    if pair is None or not value or value[0] not in PAIRS or _closed_at("\n".join([value, *lines[1:]])) is not None:
        return None
    bracket = value[0]
    return Slip(number, pair.start("value") + 1, f"The bracket `{bracket}` is not closed.", f"Add `{PAIRS[bracket]}`.")


def _stands_wrong(lines: Sequence[str]) -> Slip | None:
    """A key that stands under none of those before it."""
    last = _PAIR.match(lines[-1]) if lines else None
    if last is None:
        return None
    column = last.start("key")
    for line in reversed(lines[:-1]):
        before = _PAIR.match(line)
        if before is None:
            continue
        wanted = before.start("key")
        if column != wanted:
            sentence = f"`{last['key']}` is indented by {column}, the key before it by {wanted}."
            return Slip(len(lines), column + 1, sentence, "Let keys of one question stand under each other.")
        return None
    return None


def _closed_at(text: str) -> int | None:
    """Where the bracket with which `text` begins is closed; None where it is not."""
    waiting: list[str] = []
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and text[at - 1] in " ,:[{":
            quote = character
        elif character in PAIRS:
            waiting.append(PAIRS[character])
        elif waiting and character == waiting[-1]:
            waiting.pop()
            if not waiting:
                return at
    return None


def _is_text(rest: str) -> bool:
    """Whether what follows a closed value is neither nothing nor a remark."""
    return bool(rest.strip()) and not rest.lstrip().startswith("#")
