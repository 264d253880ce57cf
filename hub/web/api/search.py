"""Search: people by name or address, conversations by what was said in them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.model.base import Moment, Stored, Written
from hub.model.ids import MessageId
from hub.model.message import Actor, Direction
from hub.web.api.conversations import SEARCH_LIMIT, ConversationShown
from hub.web.context import Context
from hub.web.page import Page

QueryText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SEARCH_LIMIT)]


class PeopleQuery(Written):
    """How a word of the name begins, an e-mail address, the digits of a phone, or `@username`."""

    q: QueryText


class PeopleFound(Stored):
    """The newest conversation with each of them that the viewer may see, ten at most; `more` fit."""

    items: tuple[ConversationShown, ...]
    more: bool


class MessagesQuery(Written):
    """Words, of which the last may be the beginning of one; all of them are to be found."""

    q: QueryText
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class LinePart(Stored):
    """A piece of a line; `hit`: it is what was looked for."""

    text: str
    hit: bool


class MessageFound(Stored):
    """The message, as far as a list shows it."""

    id: MessageId
    position: int
    direction: Direction
    author: Actor
    created_at: Moment
    line: tuple[LinePart, ...]


class HitShown(Stored):
    """A conversation, and the newest of its messages that fits."""

    conversation: ConversationShown
    message: MessageFound


async def find_people(context: Context, query: PeopleQuery) -> PeopleFound:
    """People by name or address. What was written less than some seconds ago may be missing."""
    found, more = await context.parts.search.people(context.viewer, query.q)
    read = await context.parts.read_marks.of(context.viewer.operator, [one.id for one in found])
    shown = tuple(ConversationShown(**one.model_dump(), read_position=read.get(one.id, 0)) for one in found)
    return PeopleFound(items=shown, more=more)


async def find_messages(context: Context, query: MessagesQuery) -> Page[HitShown]:
    """Conversations by their messages, newest message first. A page may hold less than asked though there is a next."""
    before = int(query.cursor) if query.cursor is not None else None
    found = await context.parts.search.messages(context.viewer, query.q, before, query.limit)
    read = await context.parts.read_marks.of(context.viewer.operator, [hit.conversation.id for hit in found.hits])
    items = tuple(
        HitShown(
            conversation=ConversationShown(
                **hit.conversation.model_dump(), read_position=read.get(hit.conversation.id, 0)
            ),
            message=MessageFound(
                id=hit.message.id, position=hit.message.position, direction=hit.message.direction,
                author=hit.message.author, created_at=hit.message.created_at,
                line=tuple(LinePart(text=part.text, hit=part.hit) for part in hit.line),
            ),
        )
        for hit in found.hits
    )  # fmt: skip
    return Page(items=items, next=None if found.before is None else str(found.before))
