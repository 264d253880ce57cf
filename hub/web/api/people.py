"""Who works in the project, for those who manage it: places, invitations, and links that reset a password."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from hub.model.account_link import AccountLink
from hub.model.audit import AuditAction
from hub.model.base import Moment, Stored, Written
from hub.model.ids import OperatorId, TeamId
from hub.model.operator import Membership, Operator, Role, Scope
from hub.services.account_links import Made, check_teams
from hub.services.audit import difference
from hub.services.errors import NotAllowed
from hub.services.letters import Posted
from hub.web.context import Context
from hub.web.page import Empty, Page
from hub.web.route import Id

PLACE = {"role", "scope", "teams"}


def _visible(address: str) -> str:
    """Controls, and marks that turn the direction of writing: an address that looks like another is none."""
    if not address.isprintable():
        raise ValueError("the address has characters that cannot be seen")
    return address


EmailAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^\s@<>(),;:\\\"]{1,64}@[^\s@<>(),;:\\\"]+$"),
    AfterValidator(_visible),
]
Teams = Annotated[tuple[Id, ...], Field(max_length=50)]


class PersonShown(Stored):
    """Somebody who works in the project, as its admins see them. `totp`: a second factor is on."""

    id: OperatorId
    name: str
    email: str
    role: Role
    scope: Scope
    teams: tuple[TeamId, ...]
    active: bool
    totp: bool
    created_at: Moment


class PlaceChange(Written):
    """What changes of somebody's place. They are signed out, and come back with the new one."""

    role: Role | None = None
    scope: Scope | None = None
    teams: Teams | None = None


class Invitation(Written):
    """Whom to invite, and the place they get."""

    email: EmailAddress
    role: Role
    scope: Scope = Scope.ALL
    teams: Teams = ()


class InvitationShown(Stored):
    """An invitation that was not followed yet. `by` is who sent it."""

    id: str
    email: str
    role: Role
    scope: Scope
    teams: tuple[TeamId, ...]
    by: OperatorId | None
    created_at: Moment
    expires_at: Moment


class InvitationMade(InvitationShown):
    """A new invitation. `url` is told this once; `mailed`: a letter with it was sent; `trying`: it will be."""

    url: str
    mailed: bool
    trying: bool


class ResetMade(Stored):
    """A link that sets a new password. `url` is told this once; `mailed` and `trying` as of an invitation."""

    url: str
    mailed: bool
    trying: bool
    expires_at: Moment


async def list_people(context: Context) -> Page[PersonShown]:
    """Everybody who works in the project, by name, with addresses and rights."""
    project = context.viewer.project
    people = await context.parts.operators.of_project(project)
    places = ((one, one.place_in(project)) for one in people)
    return Page(items=tuple(_person(one, place) for one, place in places if place is not None), next=None)


async def change_person(context: Context, operator: Id, body: PlaceChange) -> PersonShown:
    """Change somebody's role, scope or teams: everything they have open ends. Not one's own."""
    _check_signed_in(context)
    viewer, parts = context.viewer, context.parts
    await check_teams(parts.projects, viewer.project, [TeamId(team) for team in body.teams or ()])
    values = {name: getattr(body, name) for name in body.model_fields_set if getattr(body, name) is not None}
    before, changed = await parts.accounts.change_place(viewer, OperatorId(operator), values)
    place = changed.place_in(viewer.project)
    assert place is not None  # it was changed there
    changes = difference(before.model_dump(include=PLACE), place.model_dump(include=PLACE))
    await context.note(AuditAction.PLACE_CHANGED, operator, changed.name, changes)
    return _person(changed, place)


async def remove_person(context: Context, operator: Id) -> None:
    """Take somebody's place in the project away: everything they have open ends. Not one's own."""
    removed = await context.parts.accounts.remove_place(context.viewer, OperatorId(operator))
    await context.note(AuditAction.PERSON_REMOVED, operator, removed.name)


async def reset_password(context: Context, operator: Id, body: Empty) -> ResetMade:
    """Make a link by which somebody sets a new password. An earlier one counts on until it is used or too old."""
    _check_signed_in(context)
    made = await context.parts.account_links.reset_for(context.who.operator, context.viewer, OperatorId(operator))
    await context.note(AuditAction.RESET_LINK_MADE, operator, made.link.email)
    return ResetMade(
        url=made.url,
        mailed=made.posted is Posted.SENT,
        trying=made.posted is Posted.TRYING,
        expires_at=made.link.expires_at,
    )


async def list_invitations(context: Context) -> Page[InvitationShown]:
    """The open ones, the newest first."""
    found = await context.parts.account_links.open_invitations(context.viewer.project)
    return Page(items=tuple(_invitation(one) for one in found), next=None)


async def invite(context: Context, body: Invitation) -> InvitationMade:
    """Invite somebody by e-mail address. An earlier invitation of the same address counts no more."""
    _check_signed_in(context)
    made = await context.parts.account_links.invite(
        context.viewer, body.email, body.role, body.scope, [TeamId(team) for team in body.teams]
    )
    place = difference({}, made.link.model_dump(include=PLACE))
    await context.note(AuditAction.INVITED, made.link.id, made.link.email, place)
    return _made(made)


async def revoke_invitation(context: Context, invitation: Id) -> None:
    """Take an open invitation back."""
    revoked = await context.parts.account_links.revoke(context.viewer, invitation)
    await context.note(AuditAction.INVITATION_REVOKED, revoked.id, revoked.email)


def _check_signed_in(context: Context) -> None:
    """A token that leaks must not make accounts, take one over, or give one more rights."""
    if context.who.session is None:
        raise NotAllowed("This needs you to be signed in; a token is not enough.")


def _person(operator: Operator, place: Membership) -> PersonShown:
    return PersonShown(
        id=operator.id, name=operator.name, email=operator.email, role=place.role, scope=place.scope,
        teams=place.teams, active=operator.active, totp=operator.totp_secret is not None,
        created_at=operator.created_at,
    )  # fmt: skip


def _invitation(link: AccountLink) -> InvitationShown:
    assert link.role is not None  # every invitation has one
    return InvitationShown(
        id=link.id, email=link.email, role=link.role, scope=link.scope, teams=link.teams, by=link.by,
        created_at=link.created_at, expires_at=link.expires_at,
    )  # fmt: skip


def _made(made: Made) -> InvitationMade:
    return InvitationMade(
        **_invitation(made.link).model_dump(),
        url=made.url,
        mailed=made.posted is Posted.SENT,
        trying=made.posted is Posted.TRYING,
    )
