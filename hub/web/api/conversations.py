"""Conversations: lists, counters, one conversation with what stands beside it, read marks and drafts."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from hub.model.base import Moment, Stored, Written
from hub.model.contact import Address, Contact
from hub.model.conversation import Conversation
from hub.model.ids import ChannelId, ConversationId
from hub.model.message import Direction
from hub.model.views import View
from hub.services.errors import Invalid, NotFound
from hub.store.conversations import BadCursor
from hub.web.context import Context, Parts
from hub.web.page import Cursor, Limit, Page, Position
from hub.web.route import Id

DRAFT_LIMIT = 20_000
COPIES = 20

Copy = Annotated[
    str, StringConstraints(pattern=r"^[^\s@<>(),;:\\\"\[\]\x00-\x1f]{1,64}@[^\s@<>(),;:\\\"\[\]\x00-\x1f]{1,255}$")
]
"""An e-mail address without a name."""
SEARCH_LIMIT = 200


class ListQuery(Written):
    """Which view, and which page of it. `q`: how a word of the contact's name begins."""

    view: View = View.UNATTENDED
    cursor: Cursor | None = None
    limit: Limit = 30
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=SEARCH_LIMIT)] = ""


class ConversationShown(Conversation):
    """A conversation, and how far the viewer has read it."""

    read_position: int = 0


class ContactDetail(Contact):
    """A contact, and where they can be reached."""

    addresses: tuple[Address, ...] = ()


class ChannelDetail(Stored):
    """What one needs to know of a conversation's channel."""

    id: ChannelId
    name: str
    kind: str
    capabilities: dict[str, JsonValue]


class DraftShown(Stored):
    """What the viewer has begun to write."""

    text: str
    direction: Direction
    copies: tuple[str, ...] = ()
    updated_at: Moment


class ConversationDetail(ConversationShown):
    """A conversation with everything that stands beside the thread.

    `answer_window_s`: the channel takes answers only for so long after the contact's last message, which came at
    `heard_at`; null where there is no such rule.
    """

    contact_detail: ContactDetail | None
    channel_detail: ChannelDetail | None
    draft: DraftShown | None
    answer_window_s: float | None = None
    heard_at: Moment | None = None


class ReadUpTo(Written):
    """The newest message that was seen."""

    position: Position


class DraftKept(Written):
    """What was begun, and who is to get copies of it; without text and copies the draft is deleted."""

    text: Annotated[str, StringConstraints(max_length=DRAFT_LIMIT)]
    direction: Annotated[Direction, Field(description="`out` or `note`")] = Direction.OUT
    copies: Annotated[tuple[Copy, ...], Field(max_length=COPIES)] = ()


async def list_conversations(context: Context, query: ListQuery) -> Page[ConversationShown]:
    """One page of a view."""
    viewer, parts = context.viewer, context.parts
    try:
        found, after = await parts.conversations.list(
            viewer, query.view, cursor=query.cursor, limit=query.limit, name=query.q
        )
    except BadCursor:
        raise Invalid("bad_cursor", "This cursor is not ours. Ask for the first page again.") from None
    read = await parts.read_marks.of(viewer.operator, [one.id for one in found])
    return Page(
        items=tuple(ConversationShown(**one.model_dump(), read_position=read.get(one.id, 0)) for one in found),
        next=after,
    )


async def count_conversations(context: Context) -> dict[View, int]:
    """How many conversations each view holds, counted to 100."""
    return await context.parts.conversations.counters(context.viewer)


async def get_conversation(context: Context, conversation: Id) -> ConversationDetail:
    """One conversation with its contact, its channel and the viewer's draft."""
    viewer, parts = context.viewer, context.parts
    found = await visible(context, conversation)
    read = await parts.read_marks.of(viewer.operator, [found.id])
    draft = await parts.drafts.get(viewer.operator, found.id)
    channel = await parts.channels.in_project(viewer.project, found.channel)
    contact = await contact_detail(context, found)
    window_s = parts.connections.answer_window_s(found.channel, contact.addresses) if contact else None
    heard = await parts.messages.newest_received(found.id) if window_s is not None else None
    return ConversationDetail(
        **found.model_dump(),
        read_position=read.get(found.id, 0),
        contact_detail=contact,
        answer_window_s=window_s,
        heard_at=(heard.source_at or heard.created_at) if heard else None,
        channel_detail=ChannelDetail(
            id=channel.id, name=channel.name, kind=channel.kind, capabilities=parts.kinds.capabilities(channel.kind)
        )
        if channel
        else None,
        draft=DraftShown(**draft.model_dump(include=set(DraftShown.model_fields))) if draft else None,
    )


async def read_up_to(context: Context, conversation: Id, body: ReadUpTo) -> None:
    """Move one's read mark forward."""
    viewer = context.viewer
    found = await visible(context, conversation)
    position = min(body.position, found.last_position)
    await context.parts.read_marks.move(viewer.project, viewer.operator, found.id, position)


async def keep_draft(context: Context, conversation: Id, body: DraftKept) -> None:
    """Keep what one has begun to write."""
    viewer = context.viewer
    found = await visible(context, conversation)
    if body.direction is Direction.IN:
        raise Invalid("direction", "A draft is a reply (`out`) or a note.")
    able_to_copy(context.parts, found, body.copies)
    copies = tuple(dict.fromkeys(one.lower() for one in body.copies))
    await context.parts.drafts.keep(viewer.project, viewer.operator, found.id, body.text, body.direction, copies)


def able_to_copy(parts: Parts, conversation: Conversation, copies: Sequence[str]) -> None:
    """Raises `Invalid` for copies on a channel that sends none."""
    if copies and not parts.kinds.capabilities(conversation.channel_kind).get("copies"):
        raise Invalid("no_copies", "This channel sends to the contact alone. Take the copies away.")


async def visible(context: Context, conversation: str) -> Conversation:
    """The conversation if it exists for the viewer. Raises `NotFound`."""
    found = await context.parts.conversations.get(context.viewer, ConversationId(conversation))
    if found is None:
        raise NotFound("This conversation")
    return found


async def contact_detail(context: Context, conversation: Conversation) -> ContactDetail | None:
    """The conversation's contact with addresses; None when it was erased."""
    contact = await context.parts.contacts.get(conversation.project, conversation.contact)
    return None if contact is None else await shown(context, contact)


async def shown(context: Context, contact: Contact) -> ContactDetail:
    """A contact as the API shows it, with every address of the person."""
    contacts = context.parts.contacts
    addresses = await contacts.addresses_of(await contacts.parts_of(contact.id))
    return ContactDetail(**contact.model_dump(), addresses=tuple(addresses))
