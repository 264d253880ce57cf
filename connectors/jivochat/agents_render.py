"""JivoChat's Chat API: what our contacts say to its agents. Pure. Source: jivochat.com.ve/docs/chat."""

from collections.abc import Callable, Iterator, Sequence

from pydantic import JsonValue

from connectors.text import cut
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.contact import Contact
from hub.model.message import ActorKind, Direction, Message

TEXT_CHARACTERS = 10_000
NAMES = {ActorKind.CONTACT: "Клиент / Client", ActorKind.BOT: "Бот / Bot", ActorKind.OPERATOR: "Оператор / Operator"}

Call = dict[str, JsonValue]


def sender_of(contact: Contact, crm_link: str) -> Call:
    """Who writes, as JivoChat shows it; `id` is ours."""
    facts = {field.name: field.value for field in contact.fields}
    known: dict[str, str | None] = {
        "id": contact.id, "name": contact.name, "phone": facts.get("phone"), "email": facts.get("email"),
        "crm_link": crm_link,
    }  # fmt: skip
    return {name: value for name, value in known.items() if value}


def render(message: Message, sender: Call, address_of: Callable[[AttachmentRef], str]) -> Iterator[Call]:
    """The calls that say a message: its text, then each file."""
    date = int(message.created_at.timestamp())
    if message.text.strip():
        said: Call = {"type": "text", "id": message.id, "date": date, "text": cut(message.text, TEXT_CHARACTERS)}
        yield {"sender": sender, "message": said}
    for number, file in enumerate(message.attachments):
        if file.status is not AttachmentStatus.FAILED:
            yield {
                "sender": sender,
                "message": {
                    "type": _type_of(file), "id": f"{message.id}-{number}", "date": date, "file": address_of(file),
                    "file_name": file.name, "file_size": file.size_bytes, "mime_type": file.media_type,
                },
            }  # fmt: skip


def introduction(earlier: Sequence[Message], sender: Call) -> Call | None:
    """What was said before the agents were asked in, as one text; None when nothing was."""
    lines = [
        f"{NAMES.get(message.author.kind, '')}: {message.text}"
        for message in earlier
        if message.direction is not Direction.NOTE and message.text and not message.handover
    ]
    if not lines:
        return None
    last = earlier[-1]
    said: Call = {"type": "text", "id": f"{last.id}-before", "date": int(last.created_at.timestamp())}
    return {"sender": sender, "message": {**said, "text": cut("\n".join(lines), TEXT_CHARACTERS)}}


def _type_of(file: AttachmentRef) -> str:
    kind = file.media_type.partition("/")[0]
    return {"image": "photo", "video": "video", "audio": "audio"}.get(kind, "document")
