"""Signing in and out, the account of who is signed in, and the ticket for a socket."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from hub.model.audit import AuditAction, AuditChange
from hub.model.base import Moment, Stored, Written
from hub.model.ids import ProjectId, TeamId
from hub.model.operator import Presence, Right, Role, Scope
from hub.model.project import Mode
from hub.model.sign_in import TokenScope
from hub.model.signature import SignatureText
from hub.services.accounts import Identity
from hub.services.sign_in import Attempt
from hub.web.auth import DEVICE_LASTS_S, CookieNames
from hub.web.context import Context, Cookie
from hub.web.page import Empty, Making, Page
from hub.web.route import Id

LABEL_LIMIT = 160
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Password = Annotated[SecretStr, Field(max_length=1024)]


class Credentials(Written):
    """What signs in. `code`: six digits of the authenticator app, or a recovery code."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=320)]
    password: Password
    code: Annotated[str, StringConstraints(max_length=64)] | None = None


class MyAccount(Stored):
    """The account. `totp`: a second factor is on."""

    id: str
    email: str
    name: str
    locale: str
    totp: bool
    presence: Presence
    signature: str


class MyProject(Stored):
    """The project one works in."""

    id: ProjectId
    name: str
    mode: Mode
    locale: str
    time_zone: str
    signature: str


class ProjectName(Stored):
    """A project that one may enter."""

    id: ProjectId
    name: str


class Me(Stored):
    """Who is signed in, and what they may do. `projects`: all that one may enter, by name; `project` is one of them."""

    operator: MyAccount
    project: MyProject
    projects: tuple[ProjectName, ...]
    role: Role
    scope: Scope
    teams: tuple[TeamId, ...]
    rights: tuple[Right, ...]
    demo: bool


class ProjectEntered(Written):
    """The project to work in."""

    project: Id


class ProfileChange(Written):
    """What changes."""

    name: Name | None = None
    locale: Literal["en", "ru"] | None = None
    presence: Presence | None = None
    signature: SignatureText | None = None


class PasswordChange(Written):
    """The present password and the new one."""

    current: Password
    new: Password


class TotpOffer(Stored):
    """For the authenticator app. It counts only after its first code."""

    secret: str
    uri: str
    qr_svg: str


class TotpCode(Written):
    """The app's first code."""

    code: Annotated[str, StringConstraints(max_length=64)]


class RecoveryCodes(Stored):
    """Each signs in once when the app is lost. Shown once."""

    recovery_codes: tuple[str, ...]


class PasswordProof(Written):
    """The present password."""

    password: Password


class SessionShown(Stored):
    """One signed-in browser."""

    id: str
    label: str
    created_at: Moment
    last_used_at: Moment
    expires_at: Moment
    current: bool


class NewToken(Making):
    """A token to be made. With a `key`, a repeated request is told the token, too."""

    name: Name
    scopes: Annotated[tuple[TokenScope, ...], Field(min_length=1, max_length=len(TokenScope))]
    expires_at: Moment | None = None


class TokenShown(Stored):
    """A personal access token, without the token."""

    id: str
    name: str
    scopes: tuple[TokenScope, ...]
    created_at: Moment
    last_used_at: Moment | None
    expires_at: Moment | None


class TokenMade(TokenShown):
    """A new token; `token` is shown this once."""

    token: str


class TicketMade(Stored):
    """Opens one socket within 30 s."""

    ticket: str


async def sign_in(context: Context, body: Credentials) -> Me:
    """Sign in: sets the session cookie."""
    request, settings = context.request, context.parts.settings
    names = CookieNames(settings)
    signed_in = await context.parts.sign_in.sign_in(
        Attempt(
            email=body.email,
            password=body.password.get_secret_value(),
            code=body.code,
            address=context.address,
            device=request.cookies.get(names.device),
            label="".join(c for c in request.headers.get("User-Agent", "") if c.isprintable())[:LABEL_LIMIT],
        )
    )
    context.cookies.append(Cookie(names.session, signed_in.secret, int(settings.session_absolute_s)))
    context.cookies.append(Cookie(names.device, signed_in.device, DEVICE_LASTS_S))
    identity = await context.parts.accounts.viewer_of_session(signed_in.secret)
    assert identity is not None  # it has just begun
    return await _me(context, identity)


async def sign_out(context: Context) -> None:
    """Sign out: ends this session and everything open in it."""
    identity = context.who
    assert identity.session is not None  # the route takes sessions only
    await context.parts.accounts.end_session(identity.operator.id, identity.session)
    context.cookies.append(Cookie(CookieNames(context.parts.settings).session, "", 0))


async def get_me(context: Context) -> Me:
    """Who is signed in."""
    return await _me(context, context.who)


async def change_me(context: Context, body: ProfileChange) -> Me:
    """Change one's name, language, presence or signature."""
    values = {name: getattr(body, name) for name in body.model_fields_set if getattr(body, name) is not None}
    if values:
        await context.parts.accounts.change_profile(context.who.operator.id, **values)
    identity = await context.parts.accounts.refreshed(context.who)
    return await _me(context, identity)


async def enter_project(context: Context, body: ProjectEntered) -> Me:
    """Work in another of one's projects: everything that this browser asks from now on is asked there."""
    return await _me(context, await context.parts.accounts.enter(context.who, ProjectId(body.project)))


async def change_password(context: Context, body: PasswordChange) -> None:
    """Change one's password: all other sessions and all tokens end."""
    await context.parts.accounts.change_password(
        context.who, body.current.get_secret_value(), body.new.get_secret_value()
    )
    await context.note(AuditAction.PASSWORD_CHANGED, everywhere=True)


async def begin_totp(context: Context) -> TotpOffer:
    """Begin to set up a second factor."""
    offer = await context.parts.accounts.begin_totp(context.who)
    return TotpOffer(secret=offer.secret, uri=offer.uri, qr_svg=offer.qr_svg)


async def enable_totp(context: Context, body: TotpCode) -> RecoveryCodes:
    """Switch the second factor on with its first code."""
    codes = await context.parts.accounts.enable_totp(context.who, body.code)
    await context.note(AuditAction.SECOND_FACTOR_ON, everywhere=True)
    return RecoveryCodes(recovery_codes=tuple(codes))


async def disable_totp(context: Context, body: PasswordProof) -> None:
    """Switch the second factor off."""
    await context.parts.accounts.disable_totp(context.who, body.password.get_secret_value())
    await context.note(AuditAction.SECOND_FACTOR_OFF, everywhere=True)


async def list_sessions(context: Context) -> Page[SessionShown]:
    """Where one is signed in."""
    identity = context.who
    found = await context.parts.accounts.sessions(identity.operator.id)
    return Page(
        items=tuple(SessionShown(**one.model_dump(), current=one.id == identity.session) for one in found), next=None
    )


async def end_session(context: Context, session: Id) -> None:
    """Sign another browser out."""
    await context.parts.accounts.end_session(context.who.operator.id, session)
    await context.note(AuditAction.SESSION_ENDED, everywhere=True)


async def list_tokens(context: Context) -> Page[TokenShown]:
    """One's personal access tokens."""
    found = await context.parts.accounts.tokens(context.who.operator.id)
    return Page(items=tuple(TokenShown.model_validate(one.model_dump()) for one in found), next=None)


async def create_token(context: Context, body: NewToken) -> TokenMade:
    """Make a personal access token for this project."""
    making = await context.making("token", body)
    made, text = await context.parts.accounts.create_token(context.who, body.name, body.scopes, body.expires_at, making)
    if making.done:
        return TokenMade(**made.model_dump(), token=text)
    await context.parts.made_once.end(making)
    scopes = AuditChange(name="scopes", after=", ".join(made.scopes))
    await context.note(AuditAction.TOKEN_MADE, made.id, made.name, [scopes])
    return TokenMade(**made.model_dump(), token=text)


async def delete_token(context: Context, token: Id) -> None:
    """Delete a personal access token."""
    await context.parts.accounts.delete_token(context.who.operator.id, token)
    await context.note(AuditAction.TOKEN_DELETED, token)


async def make_ticket(context: Context, body: Empty) -> TicketMade:
    """Get a ticket for the inbox socket."""
    return TicketMade(ticket=await context.parts.accounts.issue_ticket(context.who))


async def _me(context: Context, identity: Identity) -> Me:
    operator, viewer = identity.operator, identity.viewer
    project = await context.parts.accounts.project_of(viewer)
    projects = await context.parts.accounts.projects_of(identity)
    return Me(
        operator=MyAccount(
            id=operator.id,
            email=operator.email,
            name=operator.name,
            locale=operator.locale,
            totp=operator.totp_secret is not None,
            presence=operator.presence,
            signature=operator.signature,
        ),
        project=MyProject.model_validate(project.model_dump()),
        projects=tuple(ProjectName(id=one.id, name=one.name) for one in projects),
        role=viewer.role,
        scope=viewer.scope,
        teams=viewer.teams,
        rights=tuple(right for right in Right if identity.may(right)),
        demo=context.parts.demo,
    )
