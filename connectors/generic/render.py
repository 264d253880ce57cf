"""From a message to the body of the call that brings it. Pure."""

import json
from collections.abc import Callable

from pydantic import JsonValue

from hub.model.attachment import AttachmentRef
from hub.model.message import Message

TYPE = "message.created"


def render(message: Message, contact: str, address_of: Callable[[AttachmentRef], str]) -> str:
    """A Standard Webhooks payload: `type`, `timestamp`, `data`."""
    data: dict[str, JsonValue] = {
        "id": message.id,
        "channel": message.channel,
        "conversation": message.conversation,
        "contact": {"id": contact},
        "author": {"kind": message.author.kind.value, "name": message.author.name},
        "text": message.text,
        "buttons": [{"label": button.label, "value": button.value} for button in message.buttons],
        "attachments": [
            {"name": file.name, "media_type": file.media_type, "size_bytes": file.size_bytes, "url": address_of(file)}
            for file in message.attachments
        ],
    }
    stamp = message.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": TYPE, "timestamp": stamp, "data": data}, ensure_ascii=False)
