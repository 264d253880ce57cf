"""Marks in a text: Telegram's entities, counted in UTF-16 units, to safe HTML and back. Pure."""

import html
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

from connectors.errors import PayloadInvalid
from connectors.text import clean_text, cut_places

ENTITIES_AT_MOST = 100
"""Of one message, by Telegram; what is received may not have more either."""
LINKS = ("http://", "https://", "tg://", "mailto:", "tel:")
TAG_OF = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
_KIND_OF = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "s": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_UNBREAKABLE = frozenset({"text_link", "code"})


@dataclass(frozen=True, slots=True)
class Mark:
    """One entity: from `start` to `end` in characters of Python. `link` is where a `text_link` leads."""

    kind: str
    start: int
    end: int
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and its marks."""

    text: str
    marks: tuple[Mark, ...] = ()


def units(text: str) -> int:
    """The length of `text` as Telegram counts it: in UTF-16 code units."""
    return len(text) + len(_ASTRAL.findall(text))


# In ------------------------------------------------------------------------------------------------------------------


def read_marked(text: str, entities: Sequence[Mapping[str, Any]]) -> Marked:
    """The marks of a received text. Raises `PayloadInvalid` for entities that are not of this text."""
    if not entities:
        return Marked(text)
    characters = _characters_at(text)
    marks = []
    for entity in entities[:ENTITIES_AT_MOST]:
        kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
        if not isinstance(kind, str) or type(offset) is not int or type(length) is not int:
            raise PayloadInvalid("An entity of the text has no type or place.")
        if offset < 0 or length < 0 or offset + length >= len(characters):
            raise PayloadInvalid("An entity of the text lies outside of it.")
        link = entity.get("url")
        marks.append(
            Mark(kind, characters[offset], characters[offset + length], link if isinstance(link, str) else None)
        )
    return Marked(text, tuple(marks))


def to_html(marked: Marked) -> str | None:
    """Safe HTML of a text, everything in it escaped; None where it has no marks to show."""
    shown = [mark for mark in marked.marks if _tags(mark) is not None and mark.start < mark.end]
    if not shown:
        return None
    edges = sorted({0, len(marked.text), *(edge for mark in shown for edge in (mark.start, mark.end))})
    parts = []
    for start, end in itertools.pairwise(edges):
        # Every piece is wrapped by itself, so that whatever overlaps, the tags nest.
        opened = [mark for mark in shown if mark.start <= start and end <= mark.end]
        piece = html.escape(clean_text(marked.text[start:end]))
        for mark in reversed(opened):
            before, after = _tags(mark) or ("", "")
            piece = f"{before}{piece}{after}"
        parts.append(piece)
    return "".join(parts)


def _tags(mark: Mark) -> tuple[str, str] | None:
    if mark.kind == "text_link":
        if mark.link is None or not mark.link.lower().startswith(LINKS):
            return None
        return f'<a href="{html.escape(clean_text(mark.link))}">', "</a>"
    tag = TAG_OF.get(mark.kind)
    return (f"<{tag}>", f"</{tag}>") if tag else None


def _characters_at(text: str) -> list[int]:
    """For each UTF-16 offset of `text`, and its end, the character there."""
    if not _ASTRAL.search(text):
        return list(range(len(text) + 1))
    places: list[int] = []
    for index, character in enumerate(text):
        places += [index, index] if character > "\uffff" else [index]
    return [*places, len(text)]


# Out -----------------------------------------------------------------------------------------------------------------


class _Reader(HTMLParser):
    """Collects text and marks. What it does not know stays as text without a mark."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.marks: list[Mark] = []
        self._open: list[tuple[str, Mark | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.text += "\n"
            return
        place = len(self.text)
        mark = None
        if tag == "a":
            link = dict(attrs).get("href") or ""
            if link.lower().startswith(LINKS):
                mark = Mark("text_link", place, place, link)
        elif tag in _KIND_OF:
            mark = Mark(_KIND_OF[tag], place, place)
        self._open.append((tag, mark))

    def handle_endtag(self, tag: str) -> None:
        if not any(opened == tag for opened, _ in self._open):
            return
        while self._open:
            opened, mark = self._open.pop()
            self._end(mark)
            if opened == tag:
                return

    def handle_data(self, data: str) -> None:
        self.text += clean_text(data)

    def finish(self) -> Marked:
        """Everything that is still open ends here."""
        self.close()
        for _, mark in self._open:
            self._end(mark)
        return Marked(self.text, tuple(sorted(self.marks, key=lambda mark: (mark.start, -mark.end))))

    def _end(self, mark: Mark | None) -> None:
        if mark is not None and mark.start < len(self.text):
            self.marks.append(replace(mark, end=len(self.text)))


def from_html(source: str) -> Marked:
    """The text and marks of HTML. Never fails: what cannot be shown is text."""
    reader = _Reader()
    reader.feed(source)
    return reader.finish()


def written(marked: Marked) -> list[dict[str, Any]]:
    """The marks as Telegram's entities, at most as many as it takes."""
    offsets = [0]
    for character in marked.text:
        offsets.append(offsets[-1] + (2 if character > "\uffff" else 1))
    return [
        {"type": mark.kind, "offset": offsets[mark.start], "length": offsets[mark.end] - offsets[mark.start],
         **({"url": mark.link} if mark.link else {})}
        for mark in marked.marks[:ENTITIES_AT_MOST]
        if mark.start < mark.end
    ]  # fmt: skip


def split_marked(marked: Marked, limit: int) -> list[Marked]:
    """Parts of at most `limit` UTF-16 units, broken where a reader would break.

    Links and code stay whole where they fit into a part; a longer mark goes on in the next part. Only white space at
    the breaks is lost.
    """
    parts = []
    rest = _stripped(marked)
    while units(rest.text) > limit:
        fits = _fitting(rest.text, limit)
        # Up to the break that loses a space, as that is none of the part's.
        places = [place for place in cut_places(rest.text, fits) if units(rest.text[:place]) <= limit]
        whole = [place for place in places if not _cuts(rest.marks, place, fits)]
        place = (whole or places or [fits])[0]
        parts.append(_stripped(_cut(rest, 0, place)))
        rest = _stripped(_cut(rest, place, len(rest.text)))
    if rest.text:
        parts.append(rest)
    return [part for part in parts if part.text]


def _cuts(marks: Sequence[Mark], place: int, fits: int) -> bool:
    """Whether a break at `place` goes through something that should stay whole and would fit into one part."""
    return any(
        mark.start < place < mark.end and mark.kind in _UNBREAKABLE and mark.end - mark.start <= fits // 2
        for mark in marks
    )


def _fitting(text: str, limit: int) -> int:
    """How many characters of `text` fit into `limit` units; at least one."""
    size = 0
    for index, character in enumerate(text):
        size += 2 if character > "\uffff" else 1
        if size > limit:
            return max(index, 1)
    return len(text)


def _stripped(marked: Marked) -> Marked:
    start = len(marked.text) - len(marked.text.lstrip())
    return _cut(marked, start, start + len(marked.text.strip()))


def _cut(marked: Marked, start: int, end: int) -> Marked:
    marks = (
        replace(mark, start=max(mark.start, start) - start, end=min(mark.end, end) - start) for mark in marked.marks
    )
    return Marked(marked.text[start:end], tuple(mark for mark in marks if mark.start < mark.end))
