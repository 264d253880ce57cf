"""HTML as a bot may write it: https://core.telegram.org/bots/api#html-style, with TDLib's error texts."""

import html
import re
from dataclasses import dataclass
from typing import Any

from hub.demo.telegram.wire import Refused, Wire, bad_request

ENTITY_OF = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "code": "code", "pre": "pre", "a": "text_link", "span": "spoiler", "tg-emoji": "custom_emoji",
    "blockquote": "blockquote",
}  # fmt: skip
_NAME = re.compile(r"[^\s>/\"']+")
_REFERENCE = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}))|(lt|gt|amp|quot));?")
"""The only names are these four; everything else stays as it is written."""


@dataclass(slots=True)
class _Open:
    tag: str
    offset: int
    at: int
    attributes: dict[str, str]


def parse_html(source: str) -> tuple[str, list[Wire]]:
    """The text and its entities. Raises `Refused` as the server does."""
    return _HtmlReader(source).read()


def wrong(what: str) -> Refused:
    """The refusal of a text that cannot be read."""
    return bad_request(f"can't parse entities: {what}")


class _HtmlReader:
    def __init__(self, source: str) -> None:
        self._source, self._at = source, 0
        self._text: list[str] = []
        self._length = 0
        self._open: list[_Open] = []
        self._entities: list[Wire] = []

    def read(self) -> tuple[str, list[Wire]]:
        while self._at < len(self._source):
            character = self._source[self._at]
            if character == "&" and (found := _REFERENCE.match(self._source, self._at)):
                self._add(_decoded(found))
                self._at = found.end()
            elif character != "<":
                self._add(character)
                self._at += 1
            elif self._source.startswith("</", self._at):
                self._end_tag()
            else:
                self._start_tag()
        if self._open:
            last = self._open[-1]
            raise wrong(f'Can\'t find end tag corresponding to start tag "{last.tag}"')
        self._entities.sort(key=lambda one: (one["offset"], -one["length"]))
        return "".join(self._text), self._entities

    def _add(self, piece: str) -> None:
        self._text.append(piece)
        self._length += len(piece) + sum(character > "\uffff" for character in piece)

    def _byte(self, at: int) -> int:
        return len(self._source[:at].encode("utf-8", "surrogatepass"))

    def _start_tag(self) -> None:
        begin = self._at
        name = _NAME.match(self._source, begin + 1)
        tag = name[0].lower() if name else ""
        at = name.end() if name else begin + 1
        if at >= len(self._source):
            raise wrong(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if tag not in ENTITY_OF:
            raise wrong(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        attributes, self._at = self._attributes(tag, begin, at)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self._open.append(_Open(tag, self._length, begin, attributes))

    def _attributes(self, tag: str, begin: int, at: int) -> tuple[dict[str, str], int]:
        attributes: dict[str, str] = {}
        source = self._source
        while True:
            at = _skip_space(source, at)
            if at >= len(source):
                raise wrong(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
            if source[at] == ">":
                return attributes, at + 1
            name = re.compile(r"[^\s=>/\"']+").match(source, at)
            if name is None:
                raise wrong(f'Empty attribute name in the tag "{tag}" at byte offset {self._byte(begin)}')
            at = _skip_space(source, name.end())
            if at < len(source) and source[at] != "=":  # `expandable` and its like stand alone
                attributes[name[0].lower()] = ""
                continue
            at = _skip_space(source, at + 1)
            value, at = self._value(tag, begin, at)
            attributes[name[0].lower()] = value

    def _value(self, tag: str, begin: int, at: int) -> tuple[str, int]:
        source = self._source
        if at >= len(source):
            raise wrong(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
        if source[at] in "'\"":
            end = source.find(source[at], at + 1)
            if end < 0:
                raise wrong(f"Unclosed start tag at byte offset {self._byte(begin)}")
            return html.unescape(source[at + 1 : end]), end + 1
        bare = re.compile(r"[A-Za-z0-9._-]+").match(source, at)
        if bare is None:
            raise wrong(f"Unexpected end of name token at byte offset {self._byte(at)}")
        return bare[0].lower(), bare.end()

    def _end_tag(self) -> None:
        begin = self._at
        name = _NAME.match(self._source, begin + 2)
        tag = name[0].lower() if name else ""
        at = _skip_space(self._source, name.end() if name else begin + 2)
        if at >= len(self._source) or self._source[at] != ">":
            raise wrong(f"Unclosed end tag at byte offset {self._byte(begin)}")
        if not self._open:
            raise wrong(f"Unexpected end tag at byte offset {self._byte(begin)}")
        opened = self._open.pop()
        if tag and tag != opened.tag:
            raise wrong(
                f'Unmatched end tag at byte offset {self._byte(begin)}, expected "</{opened.tag}>", found "</{tag}>"'
            )
        self._at = at + 1
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        length = self._length - opened.offset
        if length <= 0:
            return
        entity: Wire = {"type": ENTITY_OF[opened.tag], "offset": opened.offset, "length": length}
        if not self._complete(entity, opened):
            return
        self._entities.append(entity)

    def _complete(self, entity: Wire, opened: _Open) -> bool:
        """Add what the tag's attributes say; False when it is no entity at all."""
        match opened.tag:
            case "a":
                entity["url"] = opened.attributes.get("href", "") or "".join(self._text)[-entity["length"] :]
                return _is_link(entity)
            case "tg-emoji":
                identifier = opened.attributes.get("emoji-id", "")
                if not identifier.isdigit():
                    raise wrong("Invalid custom emoji identifier specified")
                entity["custom_emoji_id"] = identifier
            case "blockquote" if "expandable" in opened.attributes:
                entity["type"] = "expandable_blockquote"
            case "code" if self._open and self._open[-1].tag == "pre":
                language = opened.attributes.get("class", "")
                if language.startswith("language-") and opened.offset == self._open[-1].offset:
                    self._open[-1].attributes["language"] = language.removeprefix("language-")
                return False
            case "pre" if "language" in opened.attributes:
                entity["language"] = opened.attributes["language"]
            case _:
                pass
        return True


def _is_link(entity: Wire) -> bool:
    url: Any = entity["url"]
    if found := re.fullmatch(r"tg://user\?id=(\d+)", url):
        entity["type"] = "text_mention"
        entity["user"] = {"id": int(found[1]), "is_bot": False, "first_name": ""}
        del entity["url"]
        return True
    if not re.match(r"(?:https?|tg|tel|mailto)://?\S|mailto:|tel:|[\w-]+(?:\.[\w-]+)+", url, re.IGNORECASE):
        return False  # a link that is none becomes plain text
    if "://" not in url and not url.startswith(("mailto:", "tel:")):
        entity["url"] = f"http://{url}/"
    elif re.fullmatch(r"https?://[^/?#]+", url):
        entity["url"] = f"{url}/"
    return True


def _skip_space(source: str, at: int) -> int:
    while at < len(source) and source[at].isspace():
        at += 1
    return at


def _decoded(found: re.Match[str]) -> str:
    if found[3]:
        return {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[found[3]]
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]
