"""The words of an expression: whatever the language does not have is refused before Python's parser reads it.

So the parser never meets an attribute, a lambda, an f-string, an escape or a name that Unicode would rewrite.
"""

import re
import unicodedata

from flows.conditions.scope import KEYWORDS, OPERATORS, Fault

LENGTH_LIMIT = 300
"""Characters. Also what bounds the work of the parser: brackets in brackets cost it stack."""

_WORD = re.compile(
    r"""(?P<text>"[^"\\\n]*"|'[^'\\\n]*')|(?P<number>\d+(?:_\d+)*(?:\.\d+)?(?![\w.]))|(?P<name>[^\W\d]\w*)"""
    r"""|(?P<sign>==|!=|<=|>=|<>|&&|\|\||\*\*|//|[<>+\-()\[\],])|(?P<space>\s+)|(?P<other>[\w.]{2,}|.)""",
    re.DOTALL,
)
_DAY = re.compile(r"(?<!\w)\d{4}-\d{2}-\d{2}(?!\w)")

_INSTEAD: dict[str, str] = {
    "=": "Write == to compare.",
    "is": "Write == to compare.",
    "True": "Write `true`.",
    "False": "Write `false`.",
    "None": "Write `not answered(...)`.",
    "<>": "Write !=.",
    "&&": "Write `and`.",
    "||": "Write `or`.",
    "!": "Write `not`.",
    "&": "Write `and`.",
    "|": "Write `or`.",
    ".": "Answers have no parts: name the question itself, such as `budget`.",
    "*": "Only + and - calculate; give each case its own line of `score`.",
    "**": "Only + and - calculate.",
    "/": "Only + and - calculate.",
    "//": "Only + and - calculate.",
    "{": "Write a list in square brackets.",
    ":": "Leave it out: an expression has no slices, lambdas or assignments.",
    "\\": "Choose other words: a text has no escapes.",
} | dict.fromkeys("«»“”„‘’`", 'Write straight quotes: "...".')

_IN_RUSSIAN = {
    "и": "and", "или": "or", "не": "not", "да": "true", "нет": "false", "в": "in", "сегодня": "today", "баллы": "score",
}  # fmt: skip
_LOOKS_LATIN = str.maketrans("аАеЕоОрРсСхХуУкКмМнНтТвВі", "aAeEoOpPcCxXyYkKmMhHtTbBi")


def lexical_faults(source: str) -> list[Fault]:
    """Everything in `source` that is no word of the language."""
    if len(source) > LENGTH_LIMIT:
        sentence = f"The expression has {len(source)} characters; {LENGTH_LIMIT} are allowed."
        return [Fault("too_long", sentence, "Split it over several questions or lines of `score`.", LENGTH_LIMIT)]
    if not source.strip():
        return [Fault("empty", "The expression is empty.", "Write a condition, such as `answered(phone)`.", 0)]
    faults: list[Fault] = []
    last = None
    for found in _WORD.finditer(source):
        if fault := _fault(found, last):
            faults.append(fault)
        last = found if found.lastgroup != "space" else last
    return _with_days_quoted(source, faults)


def _fault(found: re.Match[str], last: re.Match[str] | None) -> Fault | None:
    word, offset = found.group(), found.start()
    match found.lastgroup:
        case "text" if last is not None and last.lastgroup in {"text", "name"} and not _joins(last.group()):
            sentence = f"{word} follows {last.group()} directly."
            return Fault("syntax", sentence, "Write a comma or an operator between them.", offset)
        case "name":
            return _name_fault(word, offset)
        case "other":
            return _sign_fault(word, offset)
        case "sign" if word in _INSTEAD:
            return _sign_fault(word, offset)
        case _:
            return None


def _meant_by(word: str) -> str:
    """What to write instead of a word with letters that names do not have."""
    if instead := _IN_RUSSIAN.get(word.casefold()):
        return f"Write `{instead}`."
    plain = unicodedata.normalize("NFKC", word)
    if plain.isascii():
        return f"Did you mean `{plain}`?"
    latin = plain.translate(_LOOKS_LATIN)
    return f"Some letters are Cyrillic: type `{latin}` anew." if latin.isascii() else "A text stands in quotes."


def _joins(word: str) -> bool:
    return word in OPERATORS


def _name_fault(word: str, offset: int) -> Fault | None:
    if not word.isascii():
        suggestion = _meant_by(word)
        return Fault("bad_name", f"`{word}` has other letters than a-z, 0-9 and _.", suggestion, offset)
    if word in KEYWORDS:
        return Fault("not_allowed", f"`{word}` is no word of conditions.", _INSTEAD.get(word), offset)
    if word.lower() in OPERATORS and word not in OPERATORS:
        return Fault("syntax", f"`{word}` has capital letters.", f"Write `{word.lower()}`.", offset)
    return None


def _sign_fault(word: str, offset: int) -> Fault:
    if word in {'"', "'"}:
        return Fault(
            "syntax", "A quote is not closed, or the text has a backslash.", "Close it on the same line.", offset
        )
    if word[0].isdigit():
        return Fault("syntax", f"`{word}` is neither a number nor a name.", "Write a number such as 10 or 2.5.", offset)
    suggestion = _INSTEAD.get("." if word[0] == "." else word)
    return Fault("not_allowed", f"`{word}` is no sign of conditions.", suggestion, offset)


def _with_days_quoted(source: str, faults: list[Fault]) -> list[Fault]:
    """A date without quotes reads as a subtraction: say so, instead of what follows from it."""
    bare = re.sub(r"""(["']).*?\1""", lambda text: "~" * len(text.group()), source)
    days = list(_DAY.finditer(bare))
    inside = [fault for fault in faults if any(day.start() <= fault.offset < day.end() for day in days)]
    return [fault for fault in faults if fault not in inside] + [
        Fault("type_mismatch", f"{day.group()} has no quotes.", f'Write the date as "{day.group()}".', day.start())
        for day in days
    ]
