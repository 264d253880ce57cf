"""What a reader is told and what it answers: understood, unsure, or not understood and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from flows.events import GivenFile
from flows.phrases import Phrase, phrase
from flows.records import record
from flows.session import Value

Raw = str | bool | Sequence[str] | Sequence[GivenFile] | tuple[float, float]
"""What a person gave: a text, a tick, ticked codes, files, or latitude and longitude in degrees."""

Limit = int | float | date | None
RAW_LIMIT = 4_096
"""Characters of an answer that are read at all: as many as a Telegram message has."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a question: its code, the label as shown, and other words for it by language."""

    code: str
    label: str
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Context:
    """What a reader may know. `now` has a zone; `zone` is the IANA zone in which the contact's days begin.

    `region` is the default country of phone numbers. `limits` are both inclusive: numbers, dates, or for a text its
    length in characters. `accept` are kinds of files: an extension such as `pdf`, or `image`, `audio`, `video`.
    """

    now: datetime
    lang: str = "ru"
    zone: str = "UTC"
    region: str = "RU"
    options: Sequence[Option] = ()
    max: int | None = None
    alone: Sequence[str] = ()
    limits: tuple[Limit, Limit] = (None, None)
    accept: Sequence[str] = ()


@record(frozen=True, slots=True)
class Understood:
    """A value that leaves no doubt. `echo` is how a person would write it in the context's language.

    `repeat`: it was written in another way, so repeating it back is a courtesy (`tomorrow`, `12k`).
    """

    value: Value
    echo: str
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """The likeliest of several meanings: ask before it is taken."""

    value: Value
    echo: str


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """No value. `code` is one of `flows.phrases.Phrase`, `sentence` says what is needed in the context's language."""

    code: str
    sentence: str


Reading = Understood | Unsure | NotUnderstood


def refuse(code: Phrase, context: Context, **values: object) -> NotUnderstood:
    """A refusal with its sentence."""
    return NotUnderstood(code.value, phrase(code, context.lang, **values))
