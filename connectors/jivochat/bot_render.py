"""JivoChat's Bot API: what our bot says. Pure. Source: jivochat.com/docs/bot."""

import uuid
from collections.abc import Callable, Iterator

from pydantic import JsonValue

from connectors.text import split_text, with_numbered_lines
from hub.model.attachment import AttachmentRef
from hub.model.message import Message

TEXT_LIMIT = 1_000
BUTTONS_OF_A_MESSAGE = 100
NUMBERED = 10**6
"""A button is numbered by conversation, message and place, so that a press finds its value in what was said."""

Call = dict[str, JsonValue]


def button_number(thread: int, position: int, place: int) -> int:
    """The number that JivoChat gives back when the button is pressed."""
    return (thread * NUMBERED + position) * BUTTONS_OF_A_MESSAGE + place


def button_place(number: int) -> tuple[int, int, int]:
    """The inverse: which conversation, which message, which of its buttons."""
    message, place = divmod(number, BUTTONS_OF_A_MESSAGE)
    return (*divmod(message, NUMBERED), place)


def render(
    message: Message, client: str, chat: str, thread: int, address_of: Callable[[AttachmentRef], str]
) -> Iterator[Call]:
    """The calls that say a message, in their order: texts, then the one with buttons; files are links.

    Each has an id of its own, the same every time. `client_id` and `chat_id` have to be strings.
    """
    if message.handover:
        yield _call("INVITE_AGENT", message, 0, client, chat)
        return
    files = "\n".join(f"{file.name}: {address_of(file)}" for file in message.attachments)
    whole = "\n\n".join(part for part in (message.text, files) if part)
    texts = split_text(whole, TEXT_LIMIT)
    stamp = int(message.created_at.timestamp())
    for number, part in enumerate(texts):
        said: Call = {"type": "TEXT", "text": part, "timestamp": stamp}
        if message.buttons and number == len(texts) - 1:
            said = {
                "type": "BUTTONS", "title": part, "text": with_numbered_lines(part, message.buttons),
                "force_reply": False, "timestamp": stamp,
                "buttons": [
                    {"text": button.label, "id": button_number(thread, message.position, place)}
                    for place, button in enumerate(message.buttons[:BUTTONS_OF_A_MESSAGE])
                ],
            }  # fmt: skip
        yield {**_call("BOT_MESSAGE", message, number, client, chat), "message": said}


def _call(event: str, message: Message, number: int, client: str, chat: str) -> Call:
    identifier = str(uuid.uuid5(uuid.UUID(message.id), f"{event}:{number}"))
    return {"event": event, "id": identifier, "client_id": client, "chat_id": chat}
