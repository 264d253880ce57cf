"""From a message to what a terminal shows. Pure."""

from pydantic import JsonValue

from connectors.text import with_numbered_lines
from hub.model.message import Message


def render(message: Message) -> dict[str, JsonValue]:
    """The frame of a message. A terminal has neither buttons nor files: both become lines."""
    text = with_numbered_lines(message.text, message.buttons)
    files = [f"[{file.name}, {file.size_bytes} bytes]" for file in message.attachments]
    return {
        "type": "message",
        "id": message.id,
        "author": message.author.name or message.author.kind.value,
        "text": "\n".join(part for part in (text, *files) if part),
    }
