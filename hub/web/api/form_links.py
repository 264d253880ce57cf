"""Links to forms that know the contact, some answers, or the campaign: made, listed and taken back."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from connectors.qr import qr_svg
from hub.model.base import Moment, Stored, Written
from hub.model.form_invite import FormInvite
from hub.model.ids import ContactId
from hub.services.errors import NotFound
from hub.web.api.contacts import visible_contact
from hub.web.api.flow_sessions import Question
from hub.web.api.flows import FlowName
from hub.web.context import Context
from hub.web.page import Page
from hub.web.route import Id

Text = Annotated[str, StringConstraints(max_length=2_000)]
Code = Annotated[str, StringConstraints(max_length=200)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
FieldValue = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class FormLinkAsked(Written):
    """`values`: answers by question id, as a person would give them. `fields`: facts of whoever follows the link.

    With a `contact` it is theirs, and what is known of them answers the questions that would save it. `once`: it is
    filled in once. `label` is for those who look for it in the list.
    """

    flow: FlowName
    contact: Id | None = None
    values: Annotated[
        dict[Question, bool | Text | Annotated[tuple[Code, ...], Field(max_length=100)]], Field(max_length=200)
    ] = Field(default_factory=dict)
    fields: Annotated[dict[FieldName, FieldValue], Field(max_length=50)] = Field(default_factory=dict)
    label: Label = ""
    once: bool = False
    days: Annotated[int, Field(ge=1, le=366)] = 30


class FormLinkShown(Stored):
    """A link. `url` and its QR code (SVG) are told when it is made, and never again."""

    id: str
    slug: str
    label: str
    contact: ContactId | None
    once: bool
    used: bool
    revoked: bool
    expires_at: Moment
    created_at: Moment
    url: str | None = None
    qr_svg: str | None = None


async def make_form_link(context: Context, body: FormLinkAsked) -> FormLinkShown:
    """Make a link to a form. 422 `answers_refused` says what is wrong with which answer."""
    parts, viewer = context.parts, context.viewer
    contact = await visible_contact(context, body.contact) if body.contact else None
    invite = await parts.form_invites.make(
        viewer.project, body.flow, contact, values=body.values, fields=body.fields, label=body.label,
        once=body.once,
        lasts=timedelta(days=body.days), by=viewer.operator,
    )  # fmt: skip
    url = parts.form_invites.url(invite)
    return _shown(invite).model_copy(update={"url": url, "qr_svg": qr_svg(url)})


async def list_form_links(context: Context) -> Page[FormLinkShown]:
    """The newest 200."""
    found = await context.parts.form_invite_store.of_project(context.viewer.project)
    return Page(items=tuple(_shown(one) for one in found), next=None)


async def revoke_form_link(context: Context, link: Id) -> None:
    """Let a link count no more. What was begun by it can be finished."""
    if not await context.parts.form_invite_store.revoke(context.viewer.project, link):
        raise NotFound("This link")


def _shown(invite: FormInvite) -> FormLinkShown:
    return FormLinkShown(
        id=invite.id, slug=invite.slug, label=invite.label, contact=invite.contact, once=invite.once,
        used=invite.used is not None, revoked=invite.revoked, expires_at=invite.expires_at,
        created_at=invite.created_at,
    )  # fmt: skip
