"""Trying a channel's settings on something that has come in, before they are stored."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from connectors.errors import ChannelConfigError, PayloadInvalid
from hub.model.base import Moment, Stored, Written
from hub.model.channel import Channel
from hub.model.events import MessageReceived
from hub.model.flow import StartOn
from hub.model.ids import ContactId
from hub.model.sample import Sample
from hub.services.decisions import starts_anew
from hub.services.errors import Invalid
from hub.web.api.chosen import chosen_channel
from hub.web.context import Context
from hub.web.route import Id

RAW_SHOWN = 4_000
RAW_CHARACTERS = 100_000


class NewTrial(Written):
    """What is tried. `source` names the door (`tilda`, `json` ...), empty for a site's own forms.

    `raw` is a sample that somebody pasted; without it the newest that came by that door within a day.
    """

    settings: Annotated[dict[str, JsonValue], Field(max_length=100)]
    source: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_-]{0,31})?$")] = ""
    raw: Annotated[str, StringConstraints(min_length=1, max_length=RAW_CHARACTERS)] | None = None


class FieldShown(Stored):
    """One value of the sample, and what it is taken for."""

    name: str
    label: str
    value: str
    to: str


class Happening(StrEnum):
    """What such a submission leads to."""

    NEW_CONTACT = "new_contact"
    KNOWN_CONTACT = "known_contact"
    NEW_CONVERSATION = "new_conversation"
    SAME_CONVERSATION = "same_conversation"
    FLOW = "flow"
    CALL_BACK = "call_back"


class ContactFact(Stored):
    """A fact that the submission claims."""

    name: str
    value: str


class TrialShown(Stored):
    """What these settings make of the sample. `known_as` is the name of the contact whom the address finds."""

    at: Moment | None
    raw: str
    fields: tuple[FieldShown, ...]
    address_kind: str
    address: str
    contact_name: str | None
    contact_fields: tuple[ContactFact, ...]
    known_as: str | None
    text: str
    happens: tuple[Happening, ...]
    flow: str | None


async def try_settings(context: Context, channel: Id, body: NewTrial) -> TrialShown:
    """Try settings on a sample: its fields, the contact, the message and what would happen. Nothing is stored."""
    parts = context.parts
    known = await chosen_channel(context, channel)
    if body.raw is None:
        sample = await parts.samples.newest(known.id, body.source)
        if sample is None:
            raise Invalid("no_sample", "Nothing has come this way within a day. Send one test submission.")
    else:
        sample = Sample(source=body.source, content_type="", raw=body.raw.encode())
    hidden = parts.kinds.secrets(known.kind)
    kept = {name: value for name, value in known.settings.items() if name in hidden}
    tried_on = known.model_copy(update={"settings": {**kept, **body.settings}})
    try:
        tried = parts.kinds.try_sample(tried_on, sample)
    except (PayloadInvalid, ChannelConfigError) as error:
        raise Invalid("sample_unreadable", str(error)) from None
    if tried is None:
        raise Invalid("nothing_to_try", "A channel of this kind has no settings that say what things are.")
    message = tried.message
    happens, known_as, flow = await _what_happens(context, known, message)
    return TrialShown(
        at=sample.at,
        raw=sample.raw[:RAW_SHOWN].decode("utf-8", "replace"),
        fields=tuple(FieldShown(name=one.name, label=one.label, value=one.value, to=one.to) for one in tried.fields),
        address_kind=message.sender.kind,
        address=message.sender.value if message.sender.kind in ("email", "phone") else "",
        contact_name=message.sender.name,
        contact_fields=tuple(ContactFact(name=one.name, value=one.value) for one in message.sender.fields),
        known_as=known_as,
        text=message.text,
        happens=happens,
        flow=flow,
    )


async def _what_happens(
    context: Context, channel: Channel, message: MessageReceived
) -> tuple[tuple[Happening, ...], str | None, str | None]:
    """What it leads to, the name of the contact it finds, and the flow that it begins."""
    contacts = context.parts.contacts
    found = await contacts.at(channel.project, message.sender)
    contact = None if found is None else await contacts.get(channel.project, found)
    happens = [Happening.NEW_CONTACT if contact is None else Happening.KNOWN_CONTACT]
    fresh = contact is None or await _begins_anew(context, channel, contact.id)
    happens.append(Happening.NEW_CONVERSATION if fresh else Happening.SAME_CONVERSATION)
    rule = next((rule for rule in channel.flows if rule.on is StartOn.FIRST_MESSAGE), None) if fresh else None
    if rule is not None:
        happens.append(Happening.FLOW)
    if message.details is not None and message.details.call_back is not None:
        happens.append(Happening.CALL_BACK)
    return tuple(happens), (contact.name or "…") if contact else None, rule.flow if rule else None


async def _begins_anew(context: Context, channel: Channel, contact: ContactId) -> bool:
    """Whether a contact's message begins a conversation here."""
    newest = await context.parts.conversations.newest_of(channel.id, contact)
    return newest is None or starts_anew(channel, newest, context.parts.clock.now())
