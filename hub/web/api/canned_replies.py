"""Canned replies: personal ones are everybody's own business, those for all need the right to assign others."""

from typing import Annotated, Any

from pydantic import StringConstraints

from hub.model.base import Stored, Written
from hub.model.desk import CannedReply
from hub.model.ids import TeamId
from hub.model.operator import Right
from hub.services.errors import Conflict, NotAllowed, NotFound
from hub.store.canned_replies import AT_MOST
from hub.web.api.chosen import chosen_team
from hub.web.context import Context
from hub.web.page import Making, Page
from hub.web.route import Id

Shortcut = Annotated[str, StringConstraints(pattern=r"^[^\s/]{1,64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class CannedReplyShown(Stored):
    """A canned reply; `personal` ones only their author sees."""

    id: str
    shortcut: str
    text: str
    team: TeamId | None
    personal: bool


class NewCannedReply(Making):
    """A canned reply to be made."""

    shortcut: Shortcut
    text: Text
    team: Id | None = None
    personal: bool = True


class CannedReplyChange(Written):
    """What changes."""

    shortcut: Shortcut | None = None
    text: Text | None = None
    team: Id | None = None
    personal: bool | None = None


async def list_canned_replies(context: Context) -> Page[CannedReplyShown]:
    """Those of everybody and one's own, by shortcut."""
    viewer = context.viewer
    found = await context.parts.canned_replies.visible(viewer.project, viewer.operator)
    return Page(items=tuple(_shown(reply) for reply in found), next=None)


async def create_canned_reply(context: Context, body: NewCannedReply) -> CannedReplyShown:
    """Make a canned reply."""
    viewer, store = context.viewer, context.parts.canned_replies
    if not body.personal:
        _check_shared(context)
    making = await context.making("canned reply", body)
    if making.done:
        return _shown(await _still_there(context, making.id))
    if await store.count(viewer.project) >= AT_MOST:
        raise Conflict("too_many", f"The project has {AT_MOST} canned replies. Delete some first.")
    reply = CannedReply(
        id=making.id,
        project=viewer.project,
        shortcut=body.shortcut,
        text=body.text,
        team=await chosen_team(context, body.team),
        owner=viewer.operator if body.personal else None,
    )
    await store.add(reply)
    await context.parts.made_once.end(making)
    return _shown(reply)


async def change_canned_reply(context: Context, reply: Id, body: CannedReplyChange) -> CannedReplyShown:
    """Change a canned reply."""
    known = await _own(context, reply)
    values: dict[str, Any] = {
        name: getattr(body, name) for name in ("shortcut", "text") if getattr(body, name) is not None
    }
    if "team" in body.model_fields_set:
        values["team"] = await chosen_team(context, body.team)
    if body.personal is not None and body.personal != (known.owner is not None):
        _check_shared(context)
        values["owner"] = context.viewer.operator if body.personal else None
    if not values:
        return _shown(known)
    changed = await context.parts.canned_replies.change(known.project, known.id, values)
    if changed is None:
        raise NotFound("This canned reply")
    return _shown(changed)


async def delete_canned_reply(context: Context, reply: Id) -> None:
    """Delete a canned reply."""
    known = await _own(context, reply)
    await context.parts.canned_replies.delete(known.project, known.id)


async def _still_there(context: Context, reply: str) -> CannedReply:
    """What an earlier request with the same key has made. Raises `Conflict`."""
    viewer = context.viewer
    known = await context.parts.canned_replies.get(viewer.project, viewer.operator, reply)
    if known is None:
        raise Conflict("deleted", "What was made with this key was deleted.")
    return known


async def _own(context: Context, reply: str) -> CannedReply:
    """One that the viewer may change. Raises `NotFound`, `NotAllowed`."""
    viewer = context.viewer
    known = await context.parts.canned_replies.get(viewer.project, viewer.operator, reply)
    if known is None:
        raise NotFound("This canned reply")
    if known.owner is None:
        _check_shared(context)
    return known


def _check_shared(context: Context) -> None:
    if not context.who.may(Right.ASSIGN_OTHERS):
        raise NotAllowed("Your role keeps canned replies for yourself only.")


def _shown(reply: CannedReply) -> CannedReplyShown:
    return CannedReplyShown(
        id=reply.id, shortcut=reply.shortcut, text=reply.text, team=reply.team, personal=reply.owner is not None
    )
