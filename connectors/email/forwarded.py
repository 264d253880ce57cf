"""Mail that somebody passes on: who wrote it first, and what they wrote. Pure.

A colleague who forwards a customer's mail is its sender, but not the one who waits for an answer. What stands in the
text proves nothing, so it is offered to an operator and changes nothing by itself.
"""

import re
from dataclasses import dataclass

from connectors.email.mime import Mailbox, usual_address
from connectors.text import clean_name

LINE_CHARACTERS = 1_000
HEADERS = 12
"""Lines of a header block that are looked at; a long list of recipients is wrapped."""
_SUBJECT = re.compile(r"^\s*(?:(?:re|ha|отв)\s*:\s*)*(?:fwd?|fw|wg|tr|i|пер|пересл|пересылка)\s*:\s*", re.IGNORECASE)
_SEPARATORS = (
    "forwarded message", "begin forwarded message", "пересылаемое сообщение", "пересланное сообщение",
    "начало переадресованного сообщения", "переадресованное сообщение",
)  # fmt: skip
_SEPARATOR = re.compile(rf"[ \t>*_—-]*(?:{'|'.join(_SEPARATORS)})[ \t]*:?[ \t*_—-]*$", re.IGNORECASE)
_FROM = re.compile(r"^[\s>*]*(?:From|От|От кого)\s*:\**\s*(?P<who>.+)$", re.IGNORECASE)
_HEADER = re.compile(
    r"^[\s>*]*(?:From|Sent|Date|To|Cc|Reply-To|Subject|От|От кого|Отправлено|Дата|Кому|Копия|Тема)\s*:", re.IGNORECASE
)
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Who wrote what was passed on; `text` is the whole of it, `before` what was written above."""

    author: Mailbox
    text: str
    before: str = ""


def forwarded(subject: str, text: str) -> Forwarded | None:
    """The mail that is passed on in `text`; None when there is none, or its author cannot be made out."""
    small = text.lower()
    separated = any(words in small for words in _SEPARATORS)
    if not separated and not _SUBJECT.match(subject[:LINE_CHARACTERS]):
        return None
    lines = text.replace("\r\n", "\n").split("\n")
    # Line by line, and none that is longer than people's: the time of a pattern over all of it grows with its square.
    short = [line if len(line) <= LINE_CHARACTERS else "" for line in lines]
    separator = next((index for index, line in enumerate(short) if _SEPARATOR.match(line)), None)
    if separator is None and not _SUBJECT.match(subject[:LINE_CHARACTERS]):
        return None
    first = separator or 0
    for index in range(first, len(lines)):
        match = _FROM.match(short[index])
        author = _author(match["who"]) if match else None
        if author is not None:
            end = _end_of_headers(lines, index)
            if end - index >= 2:  # a sender alone is a line of somebody's text
                above = lines[: index if separator is None else separator]
                inner = lines[end:]
                if lines[index].startswith(">"):  # Apple Mail quotes what it forwards
                    inner = [line.removeprefix(">").removeprefix(" ") for line in inner]
                return Forwarded(author, "\n".join(inner).strip(), "\n".join(above).strip())
    return None


def original_subject(subject: str) -> str:
    """The subject as its first author wrote it."""
    return _SUBJECT.sub("", subject[:LINE_CHARACTERS])


def _author(written: str) -> Mailbox | None:
    found = _ADDRESS.search(written)
    address = usual_address(found[0].removeprefix("mailto:").rstrip(".]>)")) if found else None
    if found is None or address is None:
        return None
    name = clean_name(written[: found.start()].strip(" \t<[(\"'*")) or None
    return Mailbox(address, None if name and "@" in name else name)


def _end_of_headers(lines: list[str], start: int) -> int:
    """The line behind the header block: behind the last header that an empty line or the limit leaves in it."""
    end = start + 1
    for index in range(start + 1, min(len(lines), start + HEADERS)):
        if not lines[index].strip(" >*"):
            break
        if _HEADER.match(lines[index][:LINE_CHARACTERS]):
            end = index + 1
    return end
