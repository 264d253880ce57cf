"""Contacts: who somebody is and where they can be reached."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from connectors.qr import qr_svg
from hub.model.base import Moment, Stored, Written
from hub.model.contact import Contact
from hub.model.contact import Field as ContactField
from hub.model.conversation import LastMessage, Status
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId
from hub.model.message import Actor
from hub.model.operator import Scope
from hub.services.errors import Invalid, NotFound
from hub.web.api.conversations import ContactDetail, shown
from hub.web.context import Context
from hub.web.page import Page
from hub.web.route import Id

FIELDS_AT_MOST = 100
CONVERSATIONS_AT_MOST = 50
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class FieldWritten(Written):
    """One fact. What a person writes is not verified."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    value: Annotated[str, StringConstraints(max_length=2_000)]


class ConversationBrief(Stored):
    """One line of a contact's history."""

    id: ConversationId
    channel: ChannelId
    channel_kind: str
    status: Status
    assignee: OperatorId | None
    last_message: LastMessage | None
    last_activity_at: Moment
    created_at: Moment


class ContactChange(Written):
    """What changes; `fields` replaces all fields."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)] | None = None
    language: LanguageTag | None = None
    fields: Annotated[tuple[FieldWritten, ...], Field(max_length=FIELDS_AT_MOST)] | None = None


async def get_contact(context: Context, contact: Id) -> ContactDetail:
    """A contact with addresses."""
    return await shown(context, await visible_contact(context, contact))


async def list_conversations(context: Context, contact: Id) -> Page[ConversationBrief]:
    """The conversations with a contact that the viewer may see, on every channel, newest activity first."""
    known = await visible_contact(context, contact)
    parts = await context.parts.contacts.parts_of(known.id)
    found = await context.parts.conversations.of_contact(context.viewer, parts, limit=CONVERSATIONS_AT_MOST)
    found = sorted(found, key=lambda one: one.last_activity_at, reverse=True)
    return Page(items=tuple(ConversationBrief.model_validate(one, from_attributes=True) for one in found), next=None)


class ConsentShown(Stored):
    """What a contact agreed to or refused, in the words shown. `topic`: `<flow>.<question>`, or `messages`."""

    id: str
    topic: str
    given: bool
    text: str
    text_hash: str
    version: str
    conversation: ConversationId
    channel: ChannelId
    at: Moment


class StageShown(Stored):
    """The contact entered a stage of the funnel. `before` is the one they left, `flow` what moved them."""

    id: str
    stage: str
    before: str | None
    by: Actor
    flow: str | None
    conversation: ConversationId
    at: Moment


async def list_consents(context: Context, contact: Id) -> Page[ConsentShown]:
    """What the contact agreed to and refused, the newest first."""
    known = await visible_contact(context, contact)
    rows = await context.parts.consents.of_contact(known.project, await context.parts.contacts.parts_of(known.id))
    return Page(items=tuple(ConsentShown.model_validate(row, from_attributes=True) for row in rows), next=None)


async def list_stages(context: Context, contact: Id) -> Page[StageShown]:
    """The stages of the funnel that the contact has been in, the newest first."""
    known = await visible_contact(context, contact)
    rows = await context.parts.stage_log.of_contact(known.project, await context.parts.contacts.parts_of(known.id))
    return Page(items=tuple(StageShown.model_validate(row, from_attributes=True) for row in rows), next=None)


async def change_contact(context: Context, contact: Id, body: ContactChange) -> ContactDetail:
    """Change a contact's name, language or fields."""
    known = await visible_contact(context, contact)
    change: dict[str, Any] = {}
    if "name" in body.model_fields_set:
        change["name"] = body.name or None
    if "language" in body.model_fields_set:
        change["language"] = body.language
    if body.fields is not None:
        change["fields"] = _fields(known, body.fields)
    if not change:
        return await shown(context, known)
    changed = await context.parts.contacts.change(known.project, known.id, change)
    if changed is None:
        raise NotFound("This contact")
    if "name" in change and changed.name != known.name:
        for part in await context.parts.contacts.parts_of(changed.id):
            await context.parts.conversations.rename_contact(changed.project, part, changed.name)
            await context.parts.tasks.rename_contact(changed.project, part, changed.name)
    return await shown(context, changed)


class LinkAsked(Written):
    """Which channel the contact is to go on in; without it, the first of the project's that can invite."""

    channel: Id | None = None


class LinkShown(Stored):
    """A link that is good for a day, for this contact alone, and the same as a QR code (SVG)."""

    url: str
    qr_svg: str
    channel: ChannelId


async def make_link(context: Context, contact: Id, body: LinkAsked) -> LinkShown:
    """A link by which the contact goes on in another channel as the same person."""
    known, parts = await visible_contact(context, contact), context.parts
    word = parts.links.word(known.project, known.id, parts.clock.now())
    for channel in await parts.channels.of_project(known.project):
        if body.channel in (None, channel.id) and (url := parts.connections.invitation(channel, word)) is not None:
            return LinkShown(url=url, qr_svg=qr_svg(url), channel=channel.id)
    raise Invalid("no_invitation", "No running channel can invite. A Telegram channel can, once it works.")


async def visible_contact(context: Context, contact: str) -> Contact:
    """Whoever sees one of the contact's conversations sees the contact. Raises `NotFound`."""
    viewer, parts = context.viewer, context.parts
    found = await parts.contacts.get(viewer.project, ContactId(contact))
    if found is None:
        raise NotFound("This contact")
    if viewer.scope is not Scope.ALL:
        person = await parts.contacts.parts_of(found.id)
        if not await parts.conversations.of_contact(viewer, person, limit=1):
            raise NotFound("This contact")
    return found


def _fields(known: Contact, written: tuple[FieldWritten, ...]) -> tuple[ContactField, ...]:
    """The new fields; one whose value stays keeps its mark of being verified."""
    verified = {(field.name, field.value) for field in known.fields if field.verified}
    named = {field.name: field.value for field in written}
    return tuple(
        ContactField(name=name, value=value, verified=(name, value) in verified) for name, value in named.items()
    )
