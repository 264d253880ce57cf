"""JivoChat's Chat API: what its agents say to somebody of ours. Pure. Source: jivochat.com.ve/docs/chat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.errors import PayloadInvalid
from connectors.jivochat.loose import (
    FILES,
    Object,
    file_of,
    inner,
    items,
    moment,
    needed,
    number,
    object_of,
    text,
    word,
)
from hub.model.content import Details
from hub.model.events import InboundEvent, MessageReceived, Sender

ADDRESS_KIND = "jivochat_agents"
QUIET = frozenset({"seen", "typein", "start", "rate"})
"""What changes nothing here."""


@dataclass(frozen=True, slots=True)
class AgentEvent:
    """One call about `contact`. `told` is the message as the contact is to read it, `over` that the agent has done."""

    id: str
    contact: str
    message: MessageReceived | None = None
    told: str = ""
    over: bool = False


def read(raw: bytes) -> AgentEvent:
    """A call. Raises `PayloadInvalid`."""
    call = object_of(raw)
    message = inner(call, "message")
    kind, contact = needed(message, "type"), needed(inner(call, "recipient"), "id")
    event = AgentEvent(word(message, "id"), contact)
    if kind in QUIET:
        return event
    if kind == "stop":
        return replace(event, over=True)
    said = _said(message, kind)
    if not said:
        raise PayloadInvalid(f"A message of the type {kind} has nothing to read.", "unknown_type")
    named = f"{contact}:{needed(message, 'id')}"
    received = MessageReceived(
        external_id=named,
        sender=Sender(kind=ADDRESS_KIND, value=contact),
        text=text(message, "text") or (said if kind not in FILES else ""),
        details=Details(written_by=word(inner(call, "sender"), "name") or None),
        attachments=file_of(message, kind, named),
        source_at=moment(message, "date"),
        automatic=True,
    )
    return replace(event, message=received, told=said)


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """The message in a call; none where it only says how the chat goes on. Raises `PayloadInvalid`."""
    found = read(raw)
    return [found.message] if found.message else []


def _said(message: Object, kind: str) -> str:
    """What the contact is to read: a text, choices as lines, a place as a link, a file as its address."""
    keys = [word(key, "text") for key in items(message, "keyboard")]
    lines = [text(message, "text") or text(message, "title"), *(f"{n}. {key}" for n, key in enumerate(keys, 1) if key)]
    if kind in FILES:
        lines += [text(message, "file_name"), text(message, "file")]
    latitude, longitude = number(message, "latitude"), number(message, "longitude")
    if latitude is not None and longitude is not None:
        lines.append(f"https://www.openstreetmap.org/?mlat={latitude:g}&mlon={longitude:g}")
    return "\n".join(line for line in lines if line)
