"""JivoChat's events: chats that its agents have had, what came while nobody was there, and calls. Pure.

Source: jivo.ru/docs/webhooks. Who a visitor is stays a claim: nobody has proven what they typed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.errors import PayloadInvalid
from connectors.jivochat.loose import Object, fields_of, inner, items, moment, needed, object_of, text, word
from connectors.text import cut
from hub.model.content import Details
from hub.model.events import ConversationStarted, InboundEvent, MessageReceived, Sender
from hub.model.task import CallBackWish

VISITOR_KIND = "jivochat_visitor"
TEXT_CHARACTERS = 20_000
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")
CALL = "call:"
"""Calls have no id and no time: the connector adds the time at which it was told."""
ABOUT_VISITOR = frozenset(
    {"chat_accepted", "chat_assigned", "chat_updated", "client_updated", "client_attribute_updated"}
)
"""Events that only say who somebody is."""
ENRICHED = frozenset({"chat_accepted", "chat_updated"})
"""Events whose answer may say what the hub knows of the visitor."""
WRITERS = {"visitor": "Клиент / Client", "agent": "Оператор / Agent"}


@dataclass(frozen=True, slots=True)
class Told:
    """One event: what it is for the hub, and whether its answer may say something of the visitor."""

    events: tuple[InboundEvent, ...] = ()
    asked: bool = False
    sender: Sender | None = None


def read(raw: bytes) -> Told:
    """A call. Raises `PayloadInvalid`."""
    call = object_of(raw)
    name = word(call, "event_name")
    if not name and word(call, "event_type").startswith("crm_"):
        return Told()  # of JivoChat's own funnel
    if not name:
        raise PayloadInvalid("`event_name` is missing.")
    sender = _sender(call)
    told = Told(asked=name in ENRICHED, sender=sender)
    if name in ABOUT_VISITOR:
        return told if sender is None else replace(told, events=(_met(call, sender),))
    if name == "chat_finished":
        return replace(told, events=(_finished(call, sender),))
    if name == "offline_message":
        return replace(told, events=(_offline(call, sender),))
    if name == "call_event":
        return replace(told, events=_call(call, sender))
    raise PayloadInvalid(f"The event {name} is not known.", "unknown_event")


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """What a call holds. Raises `PayloadInvalid`."""
    return list(read(raw).events)


def phone_of(written: str) -> str | None:
    """A number with its country code, as it is compared; None for anything else."""
    plain = re.sub(r"[\s()-]", "", written)
    return plain if re.fullmatch(r"\+[1-9]\d{6,14}", plain, re.ASCII) else None


def _sender(call: Object, phone: str = "") -> Sender | None:
    """By the e-mail address, else by the phone, else by the visitor's number at the widget."""
    visitor, page, session = inner(call, "visitor"), inner(call, "page"), inner(call, "session")
    email, number = word(visitor, "email").lower(), word(visitor, "number")
    phone = phone or word(visitor, "phone")
    if EMAIL.fullmatch(email):
        kind, value = "email", email
    elif (known := phone_of(phone)) is not None:
        kind, value = "phone", known
    elif number:
        kind, value = VISITOR_KIND, f"{word(call, 'widget_id')}:{number}"
    else:
        return None
    campaign = {f"utm_{name}": word(inner(session, "utm_json"), name) for name in ("source", "medium", "campaign")}
    facts = {
        "email": email if kind == "email" or EMAIL.fullmatch(email) else "", "phone": phone_of(phone) or phone,
        "city": word(inner(session, "geoip"), "city"), "page": word(page, "url"), **campaign,
    }  # fmt: skip
    name = word(visitor, "name") or None
    return Sender(kind=kind, value=value, name=name, verified=False, fields=fields_of(facts))


def _met(call: Object, sender: Sender) -> ConversationStarted:
    return ConversationStarted(external_id=f"visitor:{sender.kind}:{sender.value}", sender=sender)


def _of(call: Object, sender: Sender | None) -> Sender:
    if sender is None:
        raise PayloadInvalid("The event says of nobody who it was.")
    return sender


def _finished(call: Object, sender: Sender | None) -> MessageReceived:
    """The whole chat as one message that nobody waits for: its agents have answered it."""
    chat = inner(call, "chat")
    lines = [f"{_writer(one, call)}: {text(one, 'message')}" for one in items(chat, "messages")]
    whole = "\n".join(lines) or text(call, "plain_messages") or "—"
    return MessageReceived(
        external_id=f"chat:{word(call, 'widget_id')}:{needed(call, 'chat_id')}",
        sender=_of(call, sender),
        text=cut(whole, TEXT_CHARACTERS),
        source_at=next((at for one in items(chat, "messages") if (at := moment(one, "timestamp"))), None),
        automatic=True,
    )


def _writer(line: Object, call: Object) -> str:
    kind, agent = word(line, "type"), word(line, "agent_id")
    if kind == "agent":
        names = {word(one, "id"): word(one, "name") for one in items(call, "agents")}
        return names.get(agent) or WRITERS["agent"]
    return word(inner(call, "visitor"), "name") or WRITERS["visitor"]


def _offline(call: Object, sender: Sender | None) -> MessageReceived:
    """What a visitor wrote while no agent was there: somebody has to answer."""
    return MessageReceived(
        external_id=f"offline:{needed(call, 'offline_message_id')}",
        sender=_of(call, sender),
        text=cut(text(call, "message") or "—", TEXT_CHARACTERS),
        source_at=moment(call, "offline_message_id"),
    )


def _call(call: Object, sender: Sender | None) -> tuple[InboundEvent, ...]:
    """How a call ended, once; a call-back that was not had is a wish to be called."""
    about = inner(call, "call")
    kind, status, phone = word(about, "type"), word(about, "status"), word(about, "phone")
    if status not in ("end", "error"):
        return ()
    missed = status == "error"
    who = sender or _sender(call, phone)
    lines = [f"{kind}: {phone}", f"{status} {text(about, 'reason')}".strip(), text(about, "record_url")]
    wish = CallBackWish(phone=phone_of(phone) or phone, reason=text(about, "reason")) if missed and phone else None
    return (
        MessageReceived(
            external_id=f"{CALL}{word(call, 'widget_id')}:{phone}:{kind}:{status}:{text(about, 'record_url')}",
            sender=_of(call, who),
            text="\n".join(line for line in lines if line),
            details=Details(call_back=wish) if wish and kind != "outgoing" else None,
            automatic=not missed,
        ),
    )
