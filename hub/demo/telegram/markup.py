"""Formatted texts: `parse_mode`, explicit entities, and what Telegram finds in a text by itself.

Offsets and lengths are in UTF-16 code units: https://core.telegram.org/bots/api#messageentity. The error texts are
TDLib's (`td/telegram/MessageEntity.cpp`); positions in them are bytes of UTF-8.
"""

import json
import re
from typing import Any

from hub.demo.telegram.html_markup import parse_html
from hub.demo.telegram.markdown_markup import parse_markdown, parse_markdown_v2
from hub.demo.telegram.wire import Wire, bad_request, without_empty

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100
_ENTITY_WORDS = (
    "mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler "
    "blockquote expandable_blockquote code pre text_link text_mention custom_emoji date_time"
)
KNOWN_ENTITIES = frozenset(_ENTITY_WORDS.split())
_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]"
    r"|(?<![@\w])(?:[\w-]+\.)+(?:com|org|net|ru|рф|example|test|io|me)\b(?:/[^\s<>\"']*)?)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<!\w)@[A-Za-z0-9_]{4,32}\b)"
    r"|(?P<hashtag>(?<!\w)#\w*[^\W\d]\w*)"
    r"|(?P<phone_number>(?<![\w+])\+\d[\d\s()-]{7,18}\d(?!\w))"
)


def utf16_length(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def formatted(text: str, parse_mode: str, entities: Any) -> tuple[str, list[Wire]]:
    """The plain text and its entities. `entities` is the parsed JSON of the argument, or None. Raises `Refused`."""
    mode = parse_mode.strip().lower()
    match mode:
        case "":
            found = _explicit(text, entities)
        case "html":
            text, found = parse_html(text)
        case "markdownv2":
            text, found = parse_markdown_v2(text)
        case "markdown":
            text, found = parse_markdown(text)
        case _:
            raise bad_request("unsupported parse_mode")
    return _trimmed(text, _with_found(text, found))


def find_entities(text: str) -> list[Wire]:
    """Links, commands, mentions and the like that Telegram marks by itself."""
    found: list[Wire] = []
    for match in _FOUND.finditer(text):
        assert match.lastgroup is not None
        found.append(
            {"type": match.lastgroup, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match[0])}
        )
    return found


def _explicit(text: str, entities: Any) -> list[Wire]:
    if entities is None:
        return []
    if not isinstance(entities, list):
        raise bad_request("expected an Array of MessageEntity")
    end = utf16_length(text)
    return [_entity(one, end) for one in entities[:ENTITY_LIMIT]]


def _entity(given: Any, end: int) -> Wire:
    if not isinstance(given, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    kind = given.get("type")
    if kind not in KNOWN_ENTITIES:
        raise bad_request(f"can't parse MessageEntity: Unsupported type specified: {kind}")
    try:
        offset, length = int(given["offset"]), int(given["length"])
    except (KeyError, TypeError, ValueError):
        raise bad_request('can\'t parse MessageEntity: Field "offset" must be of type Number') from None
    if offset < 0 or length < 0 or offset + length > end:
        raise bad_request("ENTITY_BOUNDS_INVALID")
    entity = {"type": kind, "offset": offset, "length": length}
    for name in ("url", "language", "custom_emoji_id", "user"):
        if name in given:
            entity[name] = given[name]
    if kind == "text_link" and not str(given.get("url", "")).strip():
        raise bad_request('can\'t parse MessageEntity: Field "url" must be non-empty')
    return without_empty(entity) | {"offset": offset, "length": length}


def _with_found(text: str, given: list[Wire]) -> list[Wire]:
    taken = [(one["offset"], one["offset"] + one["length"]) for one in given if one["type"] in _EXCLUSIVE]
    found = [
        one
        for one in find_entities(text)
        if not any(one["offset"] < end and start < one["offset"] + one["length"] for start, end in taken)
    ]
    entities = [one for one in given if one["length"] > 0 and one["type"] not in _FOUND_BY_ITSELF] + found
    return sorted(entities, key=lambda one: (one["offset"], -one["length"]))[:ENTITY_LIMIT]


_EXCLUSIVE = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji"})
_FOUND_BY_ITSELF = frozenset({"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"})


def _trimmed(text: str, entities: list[Wire]) -> tuple[str, list[Wire]]:
    """Without white space at both ends, as the server stores a text."""
    cut = utf16_length(text) - utf16_length(text.lstrip())
    kept = text.strip()
    end = utf16_length(kept)
    moved: list[Wire] = []
    for entity in entities:
        start = max(0, entity["offset"] - cut)
        stop = min(end, entity["offset"] + entity["length"] - cut)
        if stop > start:
            moved.append({**entity, "offset": start, "length": stop - start})
    return kept, moved


def parse_entities_argument(raw: str) -> Any:
    """The JSON of an `entities` argument, or None. Raises `Refused`."""
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise bad_request("can't parse entities JSON object") from None
