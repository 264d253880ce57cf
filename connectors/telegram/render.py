"""From a message of ours to calls of the Bot API. Pure: what is to be called with what, and nothing of a library."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.telegram.addresses import Chat, message_id_of
from connectors.telegram.entities import Marked, from_html, split_marked, units, written
from connectors.text import clean_name, with_numbered_lines
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.message import Button, Message

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
BUTTONS_AT_MOST = 100
DATA_BYTES = 64
LABEL_LIMIT = 64
ONE_COLUMN = 8
"""Up to so many buttons stand below each other; more of them in two columns."""
ALBUM_AT_MOST = 10
UPLOAD_BYTES = 50 * 1024**2
PHOTO_BYTES = 10 * 1024**2
TICK, NO_TICK = "✅ ", "▫️ "
FLOW_TICKS = ("☐ ", "☑ ")

_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_ASKS = {
    "phone": ("request_contact", "📱 Отправить номер телефона", "📱 Share my phone number"),
    "location": ("request_location", "📍 Отправить местоположение", "📍 Share my location"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the method as aiogram names it, its arguments, and the files that go into `file_key` or an album."""

    method: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[AttachmentRef, ...] = ()
    file_key: str | None = None

    def with_arguments(self, **more: Any) -> "Call":
        """The same call with more arguments."""
        return Call(self.method, {**self.arguments, **more}, self.files, self.file_key)

    @property
    def messages(self) -> int:
        """How many messages of Telegram's count it makes."""
        return max(1, len(self.files)) if self.file_key is None else 1


def render(message: Message, chat: Chat) -> list[Call]:
    """The calls that send a message, in their order: files first, then the text with its buttons."""
    files = [file for file in message.attachments if file.status is AttachmentStatus.STORED]
    keyboard, as_lines = keyboard_of(message)
    marked = _text_of(message, as_lines)
    together = len(files) >= 1 and keyboard is None and units(marked.text) <= CAPTION_UNITS
    captioned = marked if together else Marked("")
    calls = _files(files, captioned)
    if not together:
        calls += [_text(part) for part in split_marked(marked, TEXT_UNITS)]
    if keyboard is not None:
        if not calls or calls[-1].method == "SendMediaGroup":  # buttons need a message of their own
            calls.append(_text(Marked("⬇️")))
        calls[-1] = calls[-1].with_arguments(reply_markup=keyboard)
    if calls:
        calls[0] = calls[0].with_arguments(**_reply(message, chat))
    return [call.with_arguments(**place_of(chat)) for call in calls]


def _text_of(message: Message, as_lines: Sequence[Button]) -> Marked:
    if as_lines:
        return Marked(with_numbered_lines(message.text, as_lines))
    html = message.details.html if message.details else None
    marked = from_html(html) if html else Marked(message.text)
    return marked if marked.text.strip() else Marked(message.text)


def place_of(chat: Chat) -> dict[str, Any]:
    """The arguments that say where a call goes."""
    return {"chat_id": chat.id, **({"business_connection_id": chat.business} if chat.business else {})}


def _reply(message: Message, chat: Chat) -> dict[str, Any]:
    quote = message.details.quote if message.details else None
    target = message_id_of(quote.external_id, chat) if quote and quote.external_id else None
    if target is None:
        return {}
    return {"reply_parameters": {"message_id": target, "allow_sending_without_reply": True}}


def _text(marked: Marked) -> Call:
    arguments: dict[str, Any] = {"text": marked.text, "link_preview_options": {"is_disabled": True}}
    if marked.marks:
        arguments["entities"] = written(marked)
    return Call("SendMessage", arguments)


def without_marks(call: Call) -> Call | None:
    """The same call in plain text, for when Telegram does not take the marks; None where there are none."""
    if not {"entities", "caption_entities"} & call.arguments.keys():
        return None
    kept = {name: value for name, value in call.arguments.items() if name not in ("entities", "caption_entities")}
    return Call(call.method, kept, call.files, call.file_key)


# Files ---------------------------------------------------------------------------------------------------------------


def _files(files: Sequence[AttachmentRef], caption: Marked) -> list[Call]:
    """Pictures and films together, sounds together, documents together: what Telegram allows in one album."""
    by_kind: dict[str, list[AttachmentRef]] = {}
    for file in files:
        by_kind.setdefault(_album_kind(file), []).append(file)
    calls = []
    for kind, group in by_kind.items():
        size = 1 if kind == "alone" else ALBUM_AT_MOST
        calls += [_album(group[start : start + size]) for start in range(0, len(group), size)]
    if calls and caption.text.strip():
        marks = {"caption_entities": written(caption)} if caption.marks else {}
        calls[0] = calls[0].with_arguments(caption=caption.text, **marks)
    return calls


def _album(files: Sequence[AttachmentRef]) -> Call:
    if len(files) > 1:
        return Call("SendMediaGroup", files=tuple(files))
    method, key = _method_of(files[0])
    return Call(method, files=tuple(files), file_key=key)


def _album_kind(file: AttachmentRef) -> str:
    match _method_of(file)[1]:
        case "photo" | "video":
            return "seen"
        case "audio" | "document" as kind:
            return kind
        case _:
            return "alone"


def _method_of(file: AttachmentRef) -> tuple[str, str]:
    match file.media_type:
        case "image/jpeg" | "image/png" | "image/webp" if file.size_bytes <= PHOTO_BYTES:
            return "SendPhoto", "photo"
        case "image/gif":
            return "SendAnimation", "animation"
        case "video/mp4":
            return "SendVideo", "video"
        case "audio/ogg":
            return "SendVoice", "voice"
        case "audio/mpeg":
            return "SendAudio", "audio"
        case _:
            return "SendDocument", "document"


def media_kind(file: AttachmentRef) -> str:
    """What a file is called within an album."""
    return _method_of(file)[1]


# Buttons -------------------------------------------------------------------------------------------------------------


def keyboard_of(message: Message) -> tuple[dict[str, Any] | None, Sequence[Button]]:
    """The keyboard below a message, and the buttons that have to be lines of its text instead."""
    buttons = message.buttons
    ask = _ASKS.get(message.ask.request or "") if message.ask else None
    if ask is not None:
        return _request(ask, message), ()
    if not buttons:
        return None, ()
    if len(buttons) > BUTTONS_AT_MOST or any(len(button.value.encode()) > DATA_BYTES for button in buttons):
        return None, buttons
    ticked = message.ask is not None and message.ask.multiple
    shown = [{"text": _label(button, ticked), "callback_data": button.value} for button in buttons]
    return {"inline_keyboard": _rows(shown)}, ()


def _label(button: Button, ticked: bool) -> str:
    label = clean_name(button.label, LABEL_LIMIT) or "…"
    if label.startswith(FLOW_TICKS):  # a flow's labels carry their own, for channels that can show nothing else
        label = label[2:]
    if button.selected:
        return TICK + label
    return NO_TICK + label if ticked and _is_option(button) else label


def _is_option(button: Button) -> bool:
    """Whether it can be ticked: a flow's options end in their number, its commands (`done`, `skip`) in a word."""
    return button.value.rpartition(":")[2].replace(",", "").isdigit()


def _rows(shown: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    columns = 1 if len(shown) <= ONE_COLUMN else 2
    return [list(shown[start : start + columns]) for start in range(0, len(shown), columns)]


def _request(ask: tuple[str, str, str], message: Message) -> dict[str, Any]:
    """A keyboard in place of the letters: only there Telegram lets a contact share a number or a place with one tap.

    The other buttons stand on it as words, which the flow reads as the label's answer.
    """
    kind, russian, english = ask
    first = {"text": russian if _CYRILLIC.search(message.text) else english, kind: True}
    rest = [{"text": clean_name(button.label, LABEL_LIMIT) or "…"} for button in message.buttons]
    return {"keyboard": [[first], *_rows(rest)], "resize_keyboard": True, "one_time_keyboard": True}
