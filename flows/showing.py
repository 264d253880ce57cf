"""Showing: answers as people write them, and texts with `{name}` filled in."""

import re
from collections.abc import Mapping
from datetime import date
from string import Formatter

from flows.answers.dates import show_date
from flows.answers.numbers import show_number
from flows.answers.phones import show_phone
from flows.answers.yes_no import show_yes_no
from flows.definition import Flow, Question, QuestionType
from flows.session import Value

SHORT = range(1_000)
"""Numbers that every language writes alike."""


def shown(question: Question, value: Value | None, lang: str) -> str:
    """`value` of `question` as it stands in a sentence; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return show_yes_no(value, lang)
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) and value in SHORT else show_number(value, lang)
    if isinstance(value, str):
        return _shown_text(question, value, lang)
    if isinstance(value, Mapping):
        return _shown_mapping(value)
    labels = {option.code: option.label[lang] for option in question.options}
    return ", ".join(labels.get(item, item) if isinstance(item, str) else _shown_mapping(item) for item in value)


KNOWN = {QuestionType.PHONE: "contact.phone", QuestionType.EMAIL: "contact.email"}


def known_answer(question: Question, known: Mapping[str, str]) -> str | None:
    """What the hub knows of the contact and this question asks; it is suggested, never taken silently."""
    name = f"contact.{question.save}" if question.save else KNOWN.get(question.type, "")
    return known.get(name)


def _shown_text(question: Question, value: str, lang: str) -> str:
    match question.type:
        case QuestionType.CHOICE:
            return next((option.label[lang] for option in question.options if option.code == value), value)
        case QuestionType.DATE:
            return show_date(date.fromisoformat(value), lang)
        case QuestionType.PHONE:
            return show_phone(value, lang)
        case _:
            return value


def _shown_mapping(value: Mapping[str, str | float]) -> str:
    if "latitude" in value:
        return f"{float(value['latitude']):.6f}, {float(value['longitude']):.6f}"
    return str(value.get("text", value.get("name", "")))


MISSING = "\0"
"""Stands for a value that is not known, until the words around it are closed."""
_OPENING = re.compile(r"(?:^|(?<=\n)|(?<=[.!?…]\s))\0(?:\s*[,:;!.]+)?\s*(\w?)")
_CLOSING = re.compile(r"(?<!\s)(?:\s*,)?\s*\0(?=\s*(?:[,.!?…:;)]|\n|$))")


def filled_in(text: str, flow: Flow, facts: Mapping[str, object], known: Mapping[str, str], lang: str) -> str:
    """`text` with answers, the score and fields of the contact in place of `{name}`, each on one line.

    A missing one leaves nothing, nor the comma it was addressed with: `{name}, when?` is `When?` to somebody unknown.
    """
    if "{" not in text and "}" not in text:
        return text
    parts = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(literal)
        if name is None:
            continue
        question = flow.questions.get(name)
        value = facts.get(name)
        if question is not None and value is not None:
            part = shown(question, value, lang)  # type: ignore[arg-type]
        elif name == "score" and isinstance(value, int | float):
            part = show_number(value, lang)
        else:
            part = known.get(name, "")
        parts.append((" ".join(part.split("\n")) if "\n" in part else part) or MISSING)
    filled = "".join(parts)
    return _closed(filled) if MISSING in filled else filled


def _closed(text: str) -> str:
    """`text` without its gaps, and without what they leave over."""
    text = _OPENING.sub(lambda match: match[1].upper(), text)
    return _CLOSING.sub("", text).replace(f" {MISSING} ", " ").replace(MISSING, "")
