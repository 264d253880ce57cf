"""What is new in a mail: apart from what it quotes and from the signature. Pure; nothing is thrown away.

The libraries for this know no Russian attributions, which half of our mail has; so the table of them is ours. Where the
form of an answer is not recognised the whole text counts as new: a line too many is better than an answer lost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ATTRIBUTION_LINES = 4
"""Mail programs wrap the line "On ..., ... wrote:" at 72 characters: with a long name it takes up to four lines."""
SIGNATURE_LINES = 12
SIGNATURE_CHARACTERS = 600

_SPACE = r"[ \t\xa0]"
_DATE_RU = (
    r"(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|среду|четверг|пятница|пятницу|суббота|субботу|воскресенье)"
)
_DAY_EN = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:(?:s|nes|rs|ur)?day)?"
_TIME = r"\d{1,2}[:.]\d{2}"
_NUMERIC_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
_MONTH_RU = r"(?:янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек)[а-я]*\.?"
_MONTH_EN = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DAY_AND_MONTH = rf"(?:\d{{1,2}}\s(?:{_MONTH_RU}|{_MONTH_EN})|{_MONTH_EN}\s\d{{1,2}}),?"

# One pattern a family of programs; each is matched against one to four lines joined by a space.
_ATTRIBUTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Gmail, Apple Mail, Thunderbird in English: On Mon, Nov 23, 2026 at 10:00 AM Shop <shop@example.org> wrote:
        r"^On\b(?=.*\d).{6,300}\bwrote:?$",
        r"^.{3,200}\bwrote on\b.{4,100}:$",
        # Gmail in Russian: пн, 23 нояб. 2026 г. в 10:00, Shop <shop@example.org>:
        rf"^{_DATE_RU},?\s.{{0,20}}{_MONTH_RU}.{{4,40}}{_TIME}.{{1,250}}:$",
        # Apple Mail in Russian: 23 нояб. 2026 г., в 10:00, Shop <...> написал(а):
        rf"^\d{{1,2}}\s{_MONTH_RU}.{{4,300}}(?:написал(?:а|\(а\))?|пишет):$",
        # Thunderbird in Russian: 23.11.2026 10:00, Shop пишет:
        rf"^{_NUMERIC_DATE}.{{0,5}}{_TIME}.{{1,250}}(?:пишет|написал(?:а|\(а\))?)\s?:$",
        # mail.ru: Понедельник, 23 ноября 2026, 10:00 +03:00 от Shop <shop@example.org>:
        rf"^{_DATE_RU},\s\d{{1,2}}\s{_MONTH_RU}\s\d{{4}}.{{0,6}}{_TIME}.{{0,10}}\sот\s.{{1,250}}:$",
        rf"^>?\s?{_DATE_RU},\s\d{{1,2}}\s{_MONTH_RU}\s\d{{4}}.{{0,6}}{_TIME}.{{0,10}}\sот\s.{{1,250}}$",
        # mail.ru in English: Monday, 23 November 2026, 10:00 +03:00 from Shop <shop@example.org>:
        rf"^>?\s?{_DAY_EN},\s\d{{1,2}}\s[A-Z][a-z]+\s\d{{4}}.{{0,6}}{_TIME}.{{0,10}}\sfrom\s.{{1,250}}$",
        # Yandex: 23.11.2026, 10:00, "Shop" <shop@example.org>:
        rf"^{_NUMERIC_DATE},?\s{_TIME}(?::\d{{2}})?,?\s.{{1,250}}[<(][^<>()\s]+@[^<>()\s]+[>)].{{0,12}}:$",
        # mail.ru and Yandex on phones, of other years, in English: a date in words, a time, a name with its address
        # 23 нояб. 2026 г., 10:00 +0300, Shop <shop@example.org>: / Mon, 23 Nov 2026 at 10:00, Shop <shop@example.org>:
        rf"^(?:(?:{_DATE_RU}|{_DAY_EN}),?\s)?{_DAY_AND_MONTH}\s\d{{4}}.{{1,10}}{_TIME}.{{1,250}}[<(][^<>()\s]+@[^<>()\s]+[>)]\s?:$",
        # The Bat in Russian: Вы писали 23 ноября 2026 г., 10:00:00:
        rf"^Вы писали\s\d.{{4,40}}{_TIME}(?::\d{{2}})?:$",
        # Others: 2026-11-23 10:00 GMT+03:00 Shop <shop@example.org>:
        rf"^{_NUMERIC_DATE}\s{_TIME}\s?(?:GMT|UTC)?[+-]?[\d:]{{0,5}},?\s.{{1,250}}<[^<>\s]+@[^<>\s]+>:$",
    )
)
_SEPARATORS = (
    "original message", "forwarded message", "исходное сообщение", "пересылаемое сообщение", "пересланное сообщение",
    "begin forwarded message", "начало переадресованного сообщения", "оригинальное сообщение",
)  # fmt: skip
_SEPARATOR = re.compile(
    rf"(?:-{{2,}}|_{{5,}}|—{{2,}})?\s*(?:{'|'.join(_SEPARATORS)})\s*(?::\s*)?(?:-{{2,}}|_{{5,}}|—{{2,}})?",
    re.IGNORECASE,
)
"""Of a line without blanks at its ends: with them its time would grow with the square of theirs."""
_RULE = re.compile(r"^_{20,}\s*$")  # Outlook on the web draws a rule above the header block
_HEADER = re.compile(
    r"^\*?(?P<name>From|Sent|Date|To|Cc|Subject|От|От кого|Отправлено|Дата|Кому|Копия|Тема|"
    r"Importance|Важность)\s?:\*?\s",
    re.IGNORECASE,
)
# All attributions end so, but for two of mail.ru, which hold one of the words: a look that spares nearly every line
# of a long text the patterns.
_ENDS = (":", "wrote")
_NAMES_SENDER = re.compile(r"\b(?:от|from)\b", re.IGNORECASE)
_SENDER_HEADERS = frozenset({"from", "от", "от кого"})
_BEGINS = ("from", "*from", "от", "*от", ">", "_")
"""How a header block, a quoted line and Outlook's rule begin."""
_MARKS = (*_ENDS, "от", "from", ">", "_")
"""One of them is in every line that ends or begins so."""
_QUOTED = re.compile(r"^\s{0,3}>")
_SIGNATURE_MARK = re.compile(r"^--\s?$")
_CLOSING = re.compile(
    r"^(?:с уважением|с наилучшими пожеланиями|всего доброго|с уважением и наилучшими пожеланиями|"
    r"(?:kind|best|warm) regards|regards|sincerely|yours(?: \w+)?|best wishes|cheers|thanks,|спасибо,)[\s,.!]*$",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"^(?:sent from (?:my|mail for|outlook)\b|отправлено (?:из|с)\b|get outlook for\b|получите outlook для\b).{0,120}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Split:
    """A text in its parts: `new` is what was written now, `signature` and `quoted` are shown folded.

    `interleaved`: answers stand between quoted lines; `new` then holds them together with the lines they answer.
    """

    new: str
    signature: str = ""
    quoted: str = ""
    interleaved: bool = False


def split(text: str) -> Split:
    """The parts of a plain text."""
    lines = text.replace("\r\n", "\n").split("\n")
    start = _quote_start(lines)
    if start is not None and _says_something(lines[:start]):
        top, rest = lines[:start], lines[start:]
        below = _answers_below(rest)
        if below is not None:
            return Split(new=_joined([*top, *rest]), interleaved=True)
        new, signature = _without_signature(top)
        return Split(new, signature, _joined(rest))
    if start is not None:
        return _bottom_or_between(lines, start)
    new, signature = _without_signature(lines)
    return Split(new, signature)


def answer_of(parts: Split) -> str:
    """What may be read as an answer to a question: the new text without any quoted line."""
    if not parts.interleaved:
        return parts.new
    lines = [line for line in parts.new.split("\n") if not _QUOTED.match(line)]
    kept, index = [], 0
    while index < len(lines):
        introduction = _attribution_at(lines, index) or _header_block_at(lines, index)
        if not introduction:
            kept.append(lines[index])
        index += introduction or 1
    return _joined(kept)


def _quote_start(lines: Sequence[str]) -> int | None:
    """The line where the quoted mail begins: its attribution, separator, header block or first `>`."""
    # The patterns are tried where a look at the letters lets them fit: a long text has hundreds of lines.
    text = "\n".join(lines).lower()
    small = {index: lines[index].strip().lower() for index in _lines_with(text, _MARKS)}
    near_end = _near_end(small)
    looked_at = near_end | {index for index, line in small.items() if line.startswith(_BEGINS)}
    separated = any(words in text for words in _SEPARATORS)
    for index in range(len(lines)) if separated else sorted(looked_at):
        line = lines[index]
        if not line.strip():
            continue
        if _QUOTED.match(line) or _header_block_at(lines, index):
            return index
        if index in near_end and _attribution_at(lines, index):
            return index
    return None


def _lines_with(text: str, words: Sequence[str]) -> frozenset[int]:
    """The numbers of the lines in which one of these stands."""
    found = set()
    for word in words:
        line = end = 0
        while (at := text.find(word, end)) >= 0:
            line += text.count("\n", end, at)
            found.add(line)
            if (end := text.find("\n", at)) < 0:
                break
    return frozenset(found)


def _near_end(small: Mapping[int, str]) -> frozenset[int]:
    """The lines with which an attribution may begin: one of the next ends as they do."""
    ends = [
        index
        for index, line in small.items()
        if line.endswith(_ENDS) or (("от" in line or "from" in line) and _NAMES_SENDER.search(line))
    ]
    return frozenset(max(0, index - before) for index in ends for before in range(ATTRIBUTION_LINES))


def _attribution_at(lines: Sequence[str], index: int) -> int:
    """How many lines the attribution that begins here takes; 0 when none does."""
    joined = ""
    for count, line in enumerate(lines[index : index + ATTRIBUTION_LINES], 1):
        if not line.strip():
            return 0
        joined = f"{joined} {line.strip()}".strip() if joined else line.strip()
        if len(joined) > 400:
            return 0
        if any(pattern.match(joined) for pattern in _ATTRIBUTIONS):
            return count
    return 0


def _header_block_at(lines: Sequence[str], index: int) -> int:
    """How many lines a block such as "From: / Sent: / To: / Subject:" takes that begins here; 0 when none does.

    At least three headers, the first of them the sender; a separator or a rule above them belongs to it.
    """
    first = index
    while first < min(len(lines), index + 2) and (_separates(lines[first]) or _RULE.match(lines[first])):
        first += 1
    names = []
    for line in lines[first : first + 8]:
        match = _HEADER.match(line.strip() + " ")
        if match is None:
            break
        names.append(match["name"].lower())
    if len(names) >= 3 and names[0] in _SENDER_HEADERS:
        return first - index + len(names)
    return 1 if _separates(lines[index]) else 0


def _separates(line: str) -> bool:
    return _SEPARATOR.fullmatch(line.strip()) is not None


def _answers_below(rest: Sequence[str]) -> int | None:
    """The first line after some `>` lines that is neither quoted nor empty: an answer between or below the quotes."""
    quoted = False
    for index, line in enumerate(rest):
        if _QUOTED.match(line):
            quoted = True
        elif quoted and line.strip():
            if _CLOSING.match(line.strip()) or _SIGNATURE_MARK.match(line) or _SENT_FROM.match(line.strip()):
                return None
            return index
    return None


def _bottom_or_between(lines: Sequence[str], start: int) -> Split:
    """An answer below the quotes (then they are cut off), or between them (then they stay beside it)."""
    blocks = _answer_blocks(lines, start)
    if not blocks:
        return Split(new="", quoted=_joined(lines[start:]))  # only a quotation: nothing new was said
    first = blocks[0]
    if len(blocks) == 1:
        new, signature = _without_signature(lines[first:])
        return Split(new, signature, _joined(lines[start:first]))
    return Split(new=_joined(lines), interleaved=True)


def _answer_blocks(lines: Sequence[str], start: int) -> list[int]:
    """Where, after quoted lines, unquoted text begins."""
    found, after_quote = [], False
    for index in range(start, len(lines)):
        if _QUOTED.match(lines[index]):
            after_quote = True
        elif after_quote and lines[index].strip():
            found.append(index)
            after_quote = False
    return found


def _without_signature(lines: Sequence[str]) -> tuple[str, str]:
    """The text, and the signature at its end: after `-- `, after a closing formula, or a phone's "sent from"."""
    end = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        if _SIGNATURE_MARK.match(lines[index]):
            end = index
        if len(lines) - index > SIGNATURE_LINES + 2:
            break
    if end == len(lines):
        end = _closing_at(lines)
    signature = _joined(lines[end:])
    if len(signature) > SIGNATURE_CHARACTERS or not _says_something(lines[:end]):
        return _joined(lines), ""
    return _joined(lines[:end]), signature


def _closing_at(lines: Sequence[str]) -> int:
    first = max(0, len(lines) - SIGNATURE_LINES)
    for index in range(first, len(lines)):
        text = lines[index].strip()
        if _CLOSING.match(text) or _SENT_FROM.match(text):
            return index
    return len(lines)


def _says_something(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()
