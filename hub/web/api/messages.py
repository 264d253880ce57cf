"""Messages of a conversation: windows of the thread, writing one, and trying a failed one again."""

import asyncio
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field, StringConstraints

from hub.model.base import Stored, Written
from hub.model.conversation import Conversation
from hub.model.ids import AttachmentId, MessageId, derived_id
from hub.model.message import Direction, Message
from hub.model.turn import Activity, Say, Turn, activity_of
from hub.services.attachments import operator_actor
from hub.services.commands import Command, Note, Reply
from hub.services.errors import Conflict, Gone, Invalid, NotFound
from hub.web.api.conversations import COPIES, Copy, able_to_copy, visible
from hub.web.context import Context, Parts
from hub.web.page import Key, Keyed, Limit, Position
from hub.web.route import Id

TEXT_LIMIT = 20_000
WINDOW = 50


class WindowQuery(Written):
    """Which part of the thread: before or after a position, else the newest."""

    before: Position | None = None
    after: Position | None = None
    limit: Limit = WINDOW


class Window(Stored):
    """A part of the thread, ascending. `first` and `last` are the positions it spans, 0 when it is empty."""

    items: tuple[Message, ...]
    activities: tuple[Activity, ...]
    first: int
    last: int


class MarkedQuery(Written):
    """Whether remote pictures are fetched: whoever sent them then learns that the mail was opened."""

    images: bool = False


MARKED_PAGE = (
    '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light"><base target="_blank">'
    "<style>body{margin:12px;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}"
    "table{max-width:100%}</style>"
)


class NewMessage(Written):
    """A reply (`out`) or a note. `seen_position` is the newest message its author had seen; notes need none.

    A reply to somebody who has written since is refused (409 `conversation_moved_on`, with what is newer), unless
    `confirm` is true. `copies` are e-mail addresses that get the reply too; on channels that cannot do that there are
    none.
    """

    key: Key
    text: Annotated[str, StringConstraints(max_length=TEXT_LIMIT)] = ""
    attachments: Annotated[tuple[Id, ...], Field(max_length=10)] = ()
    copies: Annotated[tuple[Copy, ...], Field(max_length=COPIES)] = ()
    direction: Literal["out", "note"] = "out"
    seen_position: Position = 0
    confirm: bool = False


async def list_messages(context: Context, conversation: Id, query: WindowQuery) -> Window:
    """A window of the thread, with what happened between the messages."""
    if query.before is not None and query.after is not None:
        raise Invalid("before_or_after", "Give `before` or `after`, not both.")
    found = await visible(context, conversation)
    items = tuple(
        await context.parts.messages.window(found.id, before=query.before, after=query.after, limit=query.limit)
    )
    first, last = (items[0].position, items[-1].position) if items else (0, 0)
    turns = await context.parts.turn_store.activities(found.id, 0 if first <= 1 else first, last)
    activities = tuple(activity for turn in turns if (activity := activity_of(turn)) is not None)
    return Window(items=items, activities=activities, first=first, last=last)


async def show_marked(context: Context, conversation: Id, message: Id, query: MarkedQuery) -> web.StreamResponse:
    """A mail as its author marked it: a page for a sandboxed frame, without scripts and without remote pictures.

    `X-Blocked-Images` counts the pictures that were left out; `images=true` shows them.
    """
    parts = context.parts
    found = await visible(context, conversation)
    stored = await _message(context, found, message)
    mail = stored.details.mail if stored.details is not None else None
    if mail is not None and mail.original_gone:
        raise Gone("original_gone", "The original is no longer kept.")
    if mail is None or mail.original is None:
        raise NotFound("This message")
    file = await parts.attachments.for_viewer(context.viewer, AttachmentId(mail.original))
    raw = b"".join([piece async for piece in parts.attachments.open(file)])
    shown = await asyncio.to_thread(parts.kinds.html, found.channel_kind, raw, remote_images=query.images)
    if shown is None:
        raise NotFound("The marked form of this message")
    pictures = "data: https:" if query.images else "data:"
    headers = {
        "Content-Security-Policy": f"sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        f"img-src {pictures}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
        "X-Blocked-Images": str(shown.blocked),
        "Cache-Control": "private, no-store",
    }
    return web.Response(text=MARKED_PAGE + shown.html, content_type="text/html", charset="utf-8", headers=headers)


async def write_message(context: Context, conversation: Id, body: NewMessage) -> Message:
    """Write a reply or a note. The first reply takes the conversation over."""
    viewer, parts = context.viewer, context.parts
    found = await visible(context, conversation)
    if not body.text.strip() and not body.attachments:
        raise Invalid("empty", "Write something or attach a file.")
    _check_copies(parts, found, body)
    ids = [AttachmentId(one) for one in body.attachments]
    files = await parts.attachments.claim(viewer.project, found.id, operator_actor(viewer), ids)
    command: Command
    if body.direction == Direction.NOTE.value:
        command = Note(text=body.text, attachments=files)
    else:
        command = Reply(
            text=body.text, attachments=files, copies=tuple(dict.fromkeys(one.lower() for one in body.copies)),
            seen_position=body.seen_position, confirm=body.confirm,
        )  # fmt: skip
    acted = await parts.turns.act(viewer, found.id, command, body.key)
    if acted.turn is None:
        raise Invalid("nothing_said", "This led to no message.")
    message = await parts.messages.get(_written_by(acted.turn))
    if message is None:
        raise NotFound("This message")
    return message


def _check_copies(parts: Parts, conversation: Conversation, body: NewMessage) -> None:
    if body.copies and body.direction == Direction.NOTE.value:
        raise Invalid("note_with_copies", "A note goes to nobody. Take the copies away, or send a reply.")
    able_to_copy(parts, conversation, body.copies)


class Rewritten(Written):
    """The words from now on."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT)]


async def edit_message(context: Context, conversation: Id, message: Id, body: Rewritten) -> Message:
    """Change one's own message, where the channel can: the contact sees the new words, operators the former, too."""
    stored = await _message(context, await visible(context, conversation), message)
    return await context.parts.changing.edit(context.viewer, stored, body.text)


async def delete_message(context: Context, conversation: Id, message: Id) -> Message:
    """Take one's own message back, where the channel can. What it said is kept for operators, its files are not."""
    stored = await _message(context, await visible(context, conversation), message)
    return await context.parts.changing.delete(context.viewer, stored)


async def retry_message(context: Context, conversation: Id, message: Id, body: Keyed) -> Message:
    """Put a failed message back into the queue. A repeat changes nothing."""
    parts = context.parts
    found = await visible(context, conversation)
    stored = await _message(context, found, message)
    if stored.delivery is None:
        raise Conflict("not_outgoing", "Only a message to the contact can be sent again.")
    own_s = parts.kinds.capabilities(found.channel_kind).get("keeps_trying_s")
    tried_s = own_s if isinstance(own_s, int | float) else None
    return await parts.retries.put_back(stored.id, tried_s) or await parts.messages.get(stored.id) or stored


async def _message(context: Context, conversation: Conversation, message: Id) -> Message:
    """The message if it is one of the conversation. Raises `NotFound`."""
    stored = await context.parts.messages.get(MessageId(message))
    if stored is None or stored.conversation != conversation.id:
        raise NotFound("This message")
    return stored


def _written_by(turn: Turn) -> MessageId:
    index = next(index for index, effect in enumerate(turn.effects) if isinstance(effect, Say) and not effect.automatic)
    return MessageId(derived_id(turn.id, index))
