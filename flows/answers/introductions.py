"""Introductions: the name in what people write when they are asked for it."""

import re

_GREETING = (
    r"(?:(?:здравствуйте|здрасте|привет|добр(?:ый|ое|ого) (?:день|вечер|утро|времени суток)"
    r"|hello|hi|hey|good (?:morning|day|afternoon|evening))(?:[\s,.!]+|$))?"
)
_SURE = r"(?:меня зовут|зовите меня|мо[её] имя|можно просто|my name is|my name['’]?s|please call me|call me)"
_SHORT = r"(?:это|я|просто|i am|i['’]m|it['’]?s|it is|this is)"
_SURELY = re.compile(rf"{_GREETING}(?:{_SURE}(?:[\s:,.–—-]+|$))(?P<name>.*)", re.IGNORECASE)
_BRIEFLY = re.compile(rf"{_GREETING}{_SHORT}[\s:,–—-]+(?P<name>\S.*)", re.IGNORECASE)
_GREETED = re.compile(_GREETING, re.IGNORECASE)
_PART = r"[^\W\d_]+(?:['’.-][^\W\d_]+)*"
_NAME = re.compile(rf"{_PART}(?:\s+{_PART}){{0,2}}")
"""One to three words."""
_NO_NAMES = frozenset({
    "не", "из", "от", "по", "на", "уже", "так", "хочу", "секрет", "опять", "снова", "тут", "здесь",
    "not", "from", "a", "the", "just", "me", "here", "only",
})  # fmt: skip
"""With these behind it, `я` or `I am` begins a sentence and not an introduction."""


def name_in(text: str) -> str:
    """`text` on one line, without "my name is" and a greeting before it; empty where nothing else was said."""
    line = " ".join(text.split())
    if _GREETED.fullmatch(line.rstrip(")🙂👋 ")):
        return ""
    if (match := _SURELY.fullmatch(line)) is not None:
        return match["name"].strip(" .,!")
    if (match := _BRIEFLY.fullmatch(line)) is not None:
        name = match["name"].strip(" .,!")
        if _NAME.fullmatch(name) and name.split()[0].casefold() not in _NO_NAMES:
            return name
    return line
