"""What somebody says to a question, and what is made of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flows.answers import Context, NotUnderstood, Option, Understood, Unsure, read
from flows.phrases import Phrase

WEDNESDAY_EVENING = datetime(2026, 11, 25, 20, tzinfo=UTC)


OPTIONS = (
    Option("phone", "Телефон"),
    Option("mail", "Почта", {"en": ["e-mail"], "ru": ["ящик"]}),
    Option("tg", "Telegram ✈️"),
    Option("wire", "Телеграмма"),
    Option("crm", "CRM и ERP"),
    Option("none", "Ничем"),
)


def context(lang: str = "ru", **changes: Any) -> Context:
    """A contact in Moscow, late on Wednesday, 25 November 2026."""
    return replace(Context(now=WEDNESDAY_EVENING, lang=lang, zone="Europe/Moscow"), **changes)


def say(kind: str, text: Any, lang: str = "ru", **changes: Any) -> Any:
    """The value; `?value` as a pair when it must be confirmed; the code of a refusal as `Phrase`."""
    match read(kind, text, context(lang, **changes)):
        case Understood(value=value):
            return value
        case Unsure(value=value):
            return ("?", value)
        case NotUnderstood(code=code, sentence=sentence):
            assert sentence == sentence.strip() != ""
            return Phrase(code)
