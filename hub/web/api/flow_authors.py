"""Who else has the draft of a flow open."""

from typing import Annotated

from pydantic import StringConstraints

from hub.model.base import Stored, Written
from hub.model.ids import OperatorId
from hub.web.api.flows import FlowName, get_flow
from hub.web.context import Context
from hub.web.page import Page

Window = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class AtDraft(Written):
    """This window has the draft open; `window` is any id that the browser has made up for it."""

    window: Window
    typing: bool = False


class WindowClosed(Written):
    """The window that had the draft open."""

    window: Window


class AuthorShown(Stored):
    """Somebody else, or oneself in another window, who has the draft open now."""

    operator: OperatorId
    name: str
    typing: bool


async def note_author(context: Context, flow: FlowName, body: AtDraft) -> Page[AuthorShown]:
    """Say that this window has the draft open, for the next 15 s; the others who have."""
    await get_flow(context, flow)
    found = await context.parts.flow_authors.at(context.viewer, flow, body.window, typing=body.typing)
    items = {
        one.operator: AuthorShown(operator=one.operator, name=one.name, typing=one.typing)
        for one in sorted(found, key=lambda one: one.typing)
    }
    return Page(items=tuple(sorted(items.values(), key=lambda one: one.name)), next=None)


async def forget_author(context: Context, flow: FlowName, body: WindowClosed) -> None:
    """Say that the window was closed."""
    await get_flow(context, flow)
    await context.parts.flow_authors.leave(context.viewer, flow, body.window)
