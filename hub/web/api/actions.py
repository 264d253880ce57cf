"""What operators do to a conversation. Each is a Turn, and each answers the conversation as it is after it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hub.model.base import Moment
from hub.model.conversation import Priority
from hub.model.ids import OperatorId
from hub.services.commands import (
    UNKNOWN,
    Assign,
    Command,
    HandBack,
    MarkSpam,
    Reopen,
    Resolve,
    SetPriority,
    SetTags,
    Snooze,
    Tag,
    Take,
)
from hub.services.errors import NotFound
from hub.web.api.chosen import chosen_operator, chosen_team
from hub.web.api.conversations import ConversationShown, visible
from hub.web.context import Context
from hub.web.page import Keyed
from hub.web.route import Id


class TakeBody(Keyed):
    """`from`: the holder the client saw (null: nobody); left out: whoever it was."""

    seen: Id | None = Field(default=None, alias="from")


class HandBackBody(Keyed):
    """To whom. To the bot, the open question is asked again, with `again` also where the bot has the conversation.

    `flow` begins another flow, `restart` the same anew.
    """

    to: Literal["bot", "queue"] = "queue"
    flow: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = None
    restart: bool = False
    again: bool = False


class AssignBody(Keyed):
    """To a person, to a team, or (both null) to nobody."""

    operator: Id | None = None
    team: Id | None = None


class SnoozeBody(Keyed):
    """Until when; null: until the contact writes."""

    until: Moment | None = None


class ReopenBody(Keyed):
    """`undo`: the `seq` of the conversation right after it was closed. Then all is as it was before: who waited waits.

    409 `not_as_it_was` where something has happened since.
    """

    undo: Annotated[int, Field(ge=1, le=2**53)] | None = None


class TagsBody(Keyed):
    """The tags from now on."""

    tags: Annotated[tuple[Tag, ...], Field(max_length=50)]


class PriorityBody(Keyed):
    """The priority from now on; null: nobody has said."""

    priority: Priority | None


async def take(context: Context, conversation: Id, body: TakeBody) -> ConversationShown:
    """Take the conversation."""
    if "seen" not in body.model_fields_set:
        return await act(context, conversation, Take(seen=UNKNOWN), body.key)
    return await act(context, conversation, Take(seen=None if body.seen is None else OperatorId(body.seen)), body.key)


async def hand_back(context: Context, conversation: Id, body: HandBackBody) -> ConversationShown:
    """Give the conversation back to the bot or the queue."""
    return await act(
        context, conversation, HandBack(to=body.to, flow=body.flow, restart=body.restart, again=body.again), body.key
    )


async def assign(context: Context, conversation: Id, body: AssignBody) -> ConversationShown:
    """Give the conversation to a person or a team of the project."""
    operator, team = await chosen_operator(context, body.operator), await chosen_team(context, body.team)
    return await act(context, conversation, Assign(operator=operator, team=team), body.key)


async def snooze(context: Context, conversation: Id, body: SnoozeBody) -> ConversationShown:
    """Hide the conversation until a moment, or until the contact writes."""
    return await act(context, conversation, Snooze(until=body.until), body.key)


async def resolve(context: Context, conversation: Id, body: Keyed) -> ConversationShown:
    """No work is left."""
    return await act(context, conversation, Resolve(), body.key)


async def reopen(context: Context, conversation: Id, body: ReopenBody) -> ConversationShown:
    """There is work again."""
    return await act(context, conversation, Reopen(undo=body.undo), body.key)


async def spam(context: Context, conversation: Id, body: Keyed) -> ConversationShown:
    """Not a customer."""
    return await act(context, conversation, MarkSpam(), body.key)


async def set_tags(context: Context, conversation: Id, body: TagsBody) -> ConversationShown:
    """Replace the tags."""
    return await act(context, conversation, SetTags(tags=body.tags), body.key)


async def set_priority(context: Context, conversation: Id, body: PriorityBody) -> ConversationShown:
    """Set the priority."""
    return await act(context, conversation, SetPriority(priority=body.priority), body.key)


async def act(context: Context, conversation: str, command: Command, key: str) -> ConversationShown:
    """Carry out a command; the conversation after it."""
    viewer, parts = context.viewer, context.parts
    before = await visible(context, conversation)
    await parts.turns.act(viewer, before.id, command, key)
    # An action can end the viewer's own sight of it (handed to another team): they still get the answer to it.
    after = await parts.conversations.any(before.id)
    if after is None:
        raise NotFound("This conversation")
    read = await parts.read_marks.of(viewer.operator, [after.id])
    return ConversationShown(**after.model_dump(), read_position=read.get(after.id, 0))
