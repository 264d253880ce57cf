"""Findings of the check in the languages of authors. The checks write English; this says the same in Russian.

A finding's sentence is found in the table by its form, with the names in it: so the checks stay readable where they
are, and a test compares the table with every sentence that they can write.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from flows.findings.parts import PARTS
from flows.findings.sentences import SENTENCES
from flows.findings.suggestions import SUGGESTIONS
from flows.problems import Problem

LANGUAGES = ("ru", "en")
"""What findings can be said in."""
_FIELD = re.compile(r"\\{\\{|\\}\\}|\\{(\d)\\}")
_NAME = re.compile(r"\{\{|\}\}|\{(\d)\}")


class _Form(NamedTuple):
    """How a sentence is recognised, and what is said for it."""

    pattern: re.Pattern[str]
    russian: str


def in_language(problem: Problem, lang: str) -> Problem:
    """The finding as an author who reads `lang` is told of it; as it is for any language but Russian."""
    if lang != "ru":
        return problem
    suggestion = problem.suggestion and _said(problem.suggestion, "suggestions")
    return replace(problem, sentence=_said(problem.sentence, "sentences"), suggestion=suggestion)


def _said(text: str, table: str) -> str:
    """`text` in Russian. Names in it stay, what else stands in it is said in Russian, too."""
    for pattern, russian in _forms(table):
        if match := pattern.fullmatch(text):
            names = match.groupdict()

            def put(found: re.Match[str], names: Mapping[str, str] = names) -> str:
                if found[1] is None:
                    return found[0][0]
                name = names[f"n{found[1]}"]
                return name if _is_quoted(found) else _part(name)

            return _NAME.sub(put, russian)
    return text


def _part(text: str) -> str:
    """A piece of a sentence, which may begin one."""
    said = _said(text, "parts")
    if said != text or not text[:1].isupper():
        return said
    lower = text[0].lower() + text[1:]
    said = _said(lower, "parts")
    return text if said == lower else said[0].upper() + said[1:]


def _is_quoted(field: re.Match[str]) -> bool:
    """Whether a form has the field in quotes of either kind: then it is somebody's word, and stays."""
    before = field.string[: field.start()]
    return before.endswith(("`", '"')) and before.count(before[-1]) % 2 == 1


@cache
def _forms(table: str) -> tuple[_Form, ...]:
    """The forms of a table, in the order in which they are tried.

    Those with the most words of their own are the most exact; those that begin with a piece could begin with anything.
    """
    entries = {"sentences": SENTENCES, "suggestions": SUGGESTIONS, "parts": {**PARTS, **SENTENCES}}[table]
    return tuple(_Form(_pattern(english), entries[english]) for english in _by_own_words(entries))


def _by_own_words(entries: Iterable[str]) -> list[str]:
    return sorted(entries, key=lambda one: (one.startswith("{"), -len(_NAME.sub("", one))))


def _pattern(english: str) -> re.Pattern[str]:
    """What recognises a form. A name in backquotes holds none itself; the same name may stand in it twice."""
    seen: set[str] = set()

    def field(found: re.Match[str]) -> str:
        if found[1] is None:
            return re.escape(found[0].replace("\\", "")[0])
        if found[1] in seen:
            return f"(?P=n{found[1]})"
        seen.add(found[1])
        before = found.string[: found.start()]
        quoted = before.endswith("`") and before.count("`") % 2 == 1
        return f"(?P<n{found[1]}>{'[^`]*' if quoted else '.*?'})"

    return re.compile(_FIELD.sub(field, re.escape(english)), re.DOTALL)
