"""MarkdownV2 and the old Markdown: https://core.telegram.org/bots/api#markdownv2-style, with TDLib's error texts."""

import re
from dataclasses import dataclass

from hub.demo.telegram.wire import Refused, Wire, bad_request

RESERVED = "_*[]()~`>#+-=|{}.!"
NAMES = {
    "*": ("bold", "Bold"), "_": ("italic", "Italic"), "__": ("underline", "Underline"),
    "~": ("strikethrough", "Strikethrough"), "||": ("spoiler", "Spoiler"), "`": ("code", "Code"),
    "```": ("pre", "Pre"), "[": ("text_link", "TextUrl"), "![": ("custom_emoji", "CustomEmoji"),
}  # fmt: skip


def wrong(what: str) -> Refused:
    """The refusal of a text that cannot be read."""
    return bad_request(f"can't parse entities: {what}")


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


@dataclass(slots=True)
class _Open:
    mark: str
    offset: int
    at: int
    language: str = ""


class _Reader:
    """The state that both dialects share."""

    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0
        self.text: list[str] = []
        self.length = 0
        self.entities: list[Wire] = []

    def add(self, piece: str) -> None:
        self.text.append(piece)
        self.length += _units(piece)

    def byte(self, at: int) -> int:
        return len(self.source[:at].encode("utf-8", "surrogatepass"))

    def entity(self, kind: str, offset: int, **more: str) -> None:
        if self.length > offset:
            self.entities.append({"type": kind, "offset": offset, "length": self.length - offset, **more})

    def result(self) -> tuple[str, list[Wire]]:
        self.entities.sort(key=lambda one: (one["offset"], -one["length"]))
        return "".join(self.text), self.entities


def parse_markdown_v2(source: str) -> tuple[str, list[Wire]]:
    """The text and its entities. Raises `Refused`."""
    return _MarkdownV2(source).read()


class _MarkdownV2(_Reader):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._open: list[_Open] = []
        self._quote: int | None = None

    def read(self) -> tuple[str, list[Wire]]:
        while self.at < len(self.source):
            self._step()
        self._end_quote()
        if self._open:
            last = self._open[-1]
            raise wrong(f"Can't find end of {NAMES[last.mark][1]} entity at byte offset {self.byte(last.at)}")
        return self.result()

    def _step(self) -> None:
        source, at = self.source, self.at
        character = source[at]
        verbatim = self._open and self._open[-1].mark in ("`", "```")
        if character == "\\" and at + 1 < len(source) and 0 < ord(source[at + 1]) <= 126:
            self.add(source[at + 1])
            self.at += 2
        elif verbatim:
            self._verbatim(self._open[-1].mark)
        elif character == "\n":
            if self._quote is not None and not source.startswith("\n>", at):
                self._end_quote()
            self.add(character)
            self.at += 1
        elif character == ">" and (at == 0 or source[at - 1] == "\n"):
            if self._quote is None:
                self._quote = self.length
            self.at += 1
        elif mark := self._mark():
            self._toggle(mark)
        elif character in RESERVED:
            raise wrong(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        else:
            self.add(character)
            self.at += 1

    def _mark(self) -> str:
        for mark in ("```", "||", "__", "![", "*", "_", "~", "`", "["):
            if self.source.startswith(mark, self.at):
                return mark
        if self.source[self.at] == "]" and self._open and self._open[-1].mark in ("[", "!["):
            return "]"
        return ""

    def _verbatim(self, mark: str) -> None:
        if self.source.startswith(mark, self.at):
            opened = self._open.pop()
            more = {"language": opened.language} if opened.language else {}
            self.entity(NAMES[mark][0], opened.offset, **more)
            self.at += len(mark)
        else:
            self.add(self.source[self.at])
            self.at += 1

    def _toggle(self, mark: str) -> None:
        if mark == "]":
            self._link(self._open.pop())
            return
        begin = self.at
        self.at += len(mark)
        if self._open and self._open[-1].mark == mark and mark not in ("[", "!["):
            self.entity(NAMES[mark][0], self._open.pop().offset)
            return
        opened = _Open(mark, self.length, begin)
        if mark == "```" and (found := re.compile(r"([^\s`]*)\n").match(self.source, self.at)):
            opened.language = found[1]
            self.at = found.end()
        self._open.append(opened)

    def _link(self, opened: _Open) -> None:
        found = re.compile(r"\]\(((?:\\.|[^)\\])*)\)").match(self.source, self.at)
        if found is None:
            raise wrong(f"Can't find end of {NAMES[opened.mark][1]} entity at byte offset {self.byte(opened.at)}")
        url = re.sub(r"\\(.)", r"\1", found[1])
        self.at = found.end()
        if opened.mark == "![":
            identifier = url.removeprefix("tg://emoji?id=")
            if not identifier.isdigit():
                raise wrong("Invalid custom emoji identifier specified")
            self.entity("custom_emoji", opened.offset, custom_emoji_id=identifier)
        elif url:
            self.entity("text_link", opened.offset, url=url)

    def _end_quote(self) -> None:
        if self._quote is not None:
            self.entity("blockquote", self._quote)
            self._quote = None


def parse_markdown(source: str) -> tuple[str, list[Wire]]:
    """The old dialect, which nests nothing. Raises `Refused`."""
    reader = _Reader(source)
    while reader.at < len(source):
        _old_step(reader)
    return reader.result()


def _old_step(reader: _Reader) -> None:
    source, at = reader.source, reader.at
    if source[at] == "\\" and at + 1 < len(source) and source[at + 1] in "_*`[":
        reader.add(source[at + 1])
        reader.at += 2
        return
    mark = "```" if source.startswith("```", at) else source[at] if source[at] in "_*`[" else ""
    if not mark:
        reader.add(source[at])
        reader.at += 1
        return
    closing = "]" if mark == "[" else mark
    end = source.find(closing, at + len(mark))
    if end < 0:
        raise wrong(f"Can't find end of the entity starting at byte offset {reader.byte(at)}")
    offset = reader.length
    inside = source[at + len(mark) : end]
    reader.at = end + len(closing)
    if mark == "[":
        link = re.compile(r"\(([^)]*)\)").match(source, reader.at)
        reader.add(inside)
        if link:
            reader.at = link.end()
            reader.entity("text_link", offset, url=link[1])
        return
    language = ""
    if mark == "```" and (found := re.match(r"(\w+)\n", inside)):
        language, inside = found[1], inside[found.end() :]
    reader.add(inside)
    reader.entity(NAMES[mark][0] if mark != "_" else "italic", offset, **({"language": language} if language else {}))
