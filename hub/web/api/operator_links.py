"""Where an operator is known in messengers, and the code by which a person there becomes the operator."""

from connectors.qr import qr_svg
from hub.model.base import Moment, Stored
from hub.services.operator_links import CODE_LIVES_S
from hub.web.context import Context
from hub.web.page import Empty, Page
from hub.web.route import Id


class OperatorLinkShown(Stored):
    """A person of a messenger who is this operator."""

    id: str
    kind: str
    name: str | None
    linked_at: Moment


class LinkCode(Stored):
    """A code to be sent to the bot as `/link <code>`; `url` does the same with a tap, `qr_svg` says the same.

    The latter two are null where no channel with an operators' group runs.
    """

    code: str
    lives_s: int
    url: str | None
    qr_svg: str | None


async def list_links(context: Context) -> Page[OperatorLinkShown]:
    """Where one is linked."""
    found = await context.parts.operator_links.of(context.who.operator.id)
    return Page(items=tuple(OperatorLinkShown.model_validate(one.model_dump()) for one in found), next=None)


async def make_code(context: Context, body: Empty) -> LinkCode:
    """Get a code, good for a quarter of an hour and once."""
    parts = context.parts
    code = await parts.operator_links.code(context.who.operator.id)
    url: str | None = None
    for channel in await parts.channels.of_project(context.viewer.project):
        if channel.enabled and channel.settings.get("operators_group"):
            url = url or parts.connections.invitation(channel, f"op-{code}")
    return LinkCode(code=code, lives_s=CODE_LIVES_S, url=url, qr_svg=qr_svg(url) if url else None)


async def delete_link(context: Context, link: Id) -> None:
    """Take a link away: from then on that person is a stranger."""
    await context.parts.operator_links.unlink(context.who.operator.id, link)
