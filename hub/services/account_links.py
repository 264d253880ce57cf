"""Invitations and forgotten passwords: links that count once, and what following one does."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from hub.model.account_link import AccountLink, LetterDue, LinkKind
from hub.model.audit import AuditAction, Via
from hub.model.ids import OperatorId, ProjectId, TeamId, new_id
from hub.model.operator import Membership, Operator, Right, Role, Scope, Viewer
from hub.model.project import Project
from hub.services.account_letters import Letter, letter_with
from hub.services.accounts import Accounts
from hub.services.audit import Audit, By, places_of
from hub.services.errors import Conflict, Invalid, NotFound, TooMany
from hub.services.letters import Letters, Posted
from hub.services.passwords import Passwords
from hub.services.secret_values import hash_of
from hub.store.account_links import AT_MOST
from hub.store.account_links import AccountLinks as LinkStore
from hub.store.clock import DatabaseClock
from hub.store.login_limits import LoginLimits
from hub.store.operators import Operators
from hub.store.outage import is_outage
from hub.store.projects import Projects

log = structlog.get_logger(__name__)

PER_ADDRESS_AND_HOUR = 60
"""Links that somebody behind one network address may get wrong; those that count are given back."""
FORGOTTEN_PER_ADDRESS = 20
FORGOTTEN_PER_ACCOUNT = 5
MADE_PER_PROJECT = 100
WAITING_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Made:
    """A new link. `url` is shown this once; `posted` says what became of the letter with it so far."""

    link: AccountLink
    url: str
    posted: Posted


@dataclass(frozen=True, slots=True)
class Followed:
    """What stands behind a link: `name` of the account where there is one already, which then keeps its password."""

    link: AccountLink
    project: Project
    name: str | None


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long links count."""

    invitation: timedelta
    reset: timedelta


class AccountLinks:
    """Links to the hub's own page, whose secret stands behind the #: browsers do not send it, and no log keeps it."""

    def __init__(
        self,
        links: LinkStore,
        operators: Operators,
        projects: Projects,
        accounts: Accounts,
        passwords: Passwords,
        limits: LoginLimits,
        letters: Letters,
        audit: Audit,
        clock: DatabaseClock,
        *,
        lifetimes: Lifetimes,
        origin: str,
        signing_key: bytes,
    ) -> None:
        self._links, self._operators, self._projects = links, operators, projects
        self._accounts, self._passwords, self._limits = accounts, passwords, limits
        self._audit = audit
        self._letters, self._clock, self._lifetimes, self._origin = letters, clock, lifetimes, origin
        self._limit_key = hmac.digest(signing_key, b"account links", "sha256")
        self._secret_key = hmac.digest(signing_key, b"secrets of account links", "sha256")
        self._forgotten: asyncio.Queue[str] = asyncio.Queue(WAITING_AT_MOST)

    # What admins do ---------------------------------------------------------------------------------------------

    async def invite(self, viewer: Viewer, email: str, role: Role, scope: Scope, teams: Sequence[TeamId]) -> Made:
        """Invite somebody into the viewer's project. An earlier invitation of the same address counts no more.

        Raises `Conflict` for somebody who is there already, and `Invalid` for a team that does not exist.
        """
        project, email = await self._project(viewer.project), email.strip().casefold()
        known = await self._operators.by_email(email)
        if known is not None and known.place_in(project.id) is not None:
            raise Conflict("already_here", "Somebody with this e-mail address works in this project already.")
        await check_teams(self._projects, project.id, teams)
        await self._admit("made", project.id, MADE_PER_PROJECT)
        await self._links.forget_invitations(project.id, email)
        now = self._clock.now()
        if len(await self._links.invitations(project.id, now)) >= AT_MOST:
            raise Conflict("too_many_invitations", f"{AT_MOST} invitations are open. Take some back first.")
        link = AccountLink(
            id=new_id(), kind=LinkKind.INVITATION, project=project.id, email=email, role=role, scope=scope,
            teams=tuple(teams), by=viewer.operator, created_at=now, expires_at=now + self._lifetimes.invitation,
        )  # fmt: skip
        return await self._make(link, project.locale)

    async def open_invitations(self, project: ProjectId) -> Sequence[AccountLink]:
        """Those that count and were not followed yet, the newest first."""
        found = await self._links.invitations(project, self._clock.now())
        makers = {one.by for one in found if one.by is not None}
        managing = {maker for maker in makers if await self._manages_all(maker, [project])}
        return [one for one in found if one.by is None or one.by in managing]

    async def revoke(self, viewer: Viewer, link: str) -> AccountLink:
        """Take an invitation back. Raises `NotFound`."""
        revoked = await self._links.revoke(viewer.project, link)
        if revoked is None:
            raise NotFound("This invitation")
        return revoked

    async def reset_for(self, admin: Operator, viewer: Viewer, operator: OperatorId) -> Made:
        """A link that resets somebody's password.

        Raises `NotFound` for somebody outside the viewer's project, and `Conflict` for somebody who also works where
        the admin is none: whoever has the link could open those projects, too.
        """
        person = await self._operators.get(operator)
        if person is None or person.place_in(viewer.project) is None:
            raise NotFound("This person")
        if not all(_manages(admin, place) for place in places_of(person)):
            raise Conflict(
                "works_elsewhere",
                "This person also works in projects that you do not manage. Whoever runs the hub sets a new password "
                "with `hub users password`.",
            )
        if not person.active:
            raise Conflict("account_closed", "This account is closed.")
        await self._admit("made", viewer.project, MADE_PER_PROJECT)
        return await self._make(self._reset(person, viewer.project, admin.id), person.locale)

    # What anybody does ------------------------------------------------------------------------------------------

    async def forgot(self, email: str, address: str) -> None:
        """Somebody at a network address says that they forgot their password.

        Whether there is such an account changes neither the answer nor its time: what follows happens in `run`.
        Raises `TooMany` for an address that asks too often.
        """
        await self._admit("forgotten", address, FORGOTTEN_PER_ADDRESS)
        try:
            self._forgotten.put_nowait(email.strip().casefold())
        except asyncio.QueueFull:
            raise TooMany(60, "Too many people ask for a new password at this moment. Please try again.") from None

    async def run(self) -> None:
        """Send letters, and write to those who forgot their password, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._letters.run(self._letter))
            group.create_task(self._run())

    async def _run(self) -> None:
        while True:
            email = await self._forgotten.get()
            try:
                await self._remind(email)
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("nobody could be written to while the database is away")  # they ask again

    async def look(self, secret: str, address: str) -> Followed:
        """What a link is for. Raises `Invalid` `link_gone`, `TooMany`."""
        link = await self._followed(secret, address)
        person = await self._person_of(link)
        return Followed(link, await self._project(link.project), person.name if person else None)

    async def follow(self, secret: str, address: str, name: str, password: str, locale: str) -> Operator:
        """Use a link up: a new account, a place for an account that there is, or a new password. The person after it.

        Whoever has an account proves it by its password, for an admin who invites may have copied the link. Nobody
        is signed in by a link: a second factor stays what it is. Raises `Invalid`, `Conflict`, `TooMany`.
        """
        link = await self._followed(secret, address)
        person = await self._person_of(link)
        if link.kind is LinkKind.RESET:
            return await self._set_password(link, person, secret, password, address)
        if person is not None:
            await self._join(link, person, secret, password, address)
        else:
            person = await self._begin(link, secret, name, password, locale)
        by = By(person.id, Via.LINK, address)
        await self._audit.note(by, AuditAction.JOINED, [link.project], about=person.id, name=person.name)
        return person

    # ------------------------------------------------------------------------------------------------------------

    async def _set_password(
        self, link: AccountLink, person: Operator | None, secret: str, password: str, address: str
    ) -> Operator:
        if person is None or not person.active:
            raise _gone()
        hashed = await self._accounts.hashed(password, person.email)  # first: refused, the link can be followed again
        await self._use(secret)
        await self._accounts.set_hashed(person, hashed)
        await self._links.forget_resets(person.id)
        by = By(person.id, Via.LINK, address)
        places = places_of(person)
        await self._audit.note(by, AuditAction.PASSWORD_RESET, places, about=person.id, name=person.name)
        log.info("password was reset by a link", operator=person.id)
        return person

    async def _join(self, link: AccountLink, person: Operator, secret: str, password: str, address: str) -> None:
        if not person.active:
            raise Conflict("account_closed", "This account is closed.")
        key = self._key("join", person.id)
        wait_s = await self._limits.attempt_doubling(key)
        if wait_s:
            raise TooMany(wait_s, "Too many wrong passwords. Please wait before the next one.")
        if not await self._passwords.verify(password, person.password_hash):
            by, places = By(None, Via.NOBODY, address), places_of(person)  # who guesses here is seen as at sign-in
            await self._audit.note(by, AuditAction.SIGN_IN_FAILED, places, about=person.id, name=person.name)
            raise Invalid("wrong_password", "This is not the password of your account.")
        await self._limits.forget(key)
        await self._use(secret)
        await self._operators.join(person.id, _place(link))
        log.info("invitation was followed", operator=person.id, project=link.project)

    async def _begin(self, link: AccountLink, secret: str, name: str, password: str, locale: str) -> Operator:
        if not name:
            raise Invalid("name_needed", "Write your name: colleagues and customers see it.")
        hashed = await self._accounts.hashed(password, link.email)
        await self._use(secret)
        made = await self._accounts.add_hashed(link.email, name, hashed, [_place(link)], locale)
        log.info("invitation was followed", operator=made.id, project=link.project)
        return made

    async def _make(self, link: AccountLink, locale: str) -> Made:
        async with self._letters.first_try(link.id) as posted:
            link = await self._stored(link, locale)
            return Made(link, self._url(link), await posted())

    async def _stored(self, link: AccountLink, locale: str) -> AccountLink:
        """A new link, stored with its letter that is due now."""
        if link.operator is not None:
            await self._links.drop_letters(link.operator)  # this one comes instead
        due = LetterDue(locale=locale, key=new_id(), due_at=link.created_at)
        link = link.model_copy(update={"letter": due})
        await self._links.add(link, hash_of(self._secret(link)))
        self._letters.wake()
        return link

    def _secret(self, link: AccountLink) -> str:
        """256 bits that only a holder of the hub's key can tell, so that a letter is written anew from what is stored.

        Whoever reads the database finds no more than the link's hash there.
        """
        return base64.urlsafe_b64encode(hmac.digest(self._secret_key, link.id.encode(), "sha256")).rstrip(b"=").decode()

    def _url(self, link: AccountLink) -> str:
        return f"{self._origin}/welcome#{self._secret(link)}"

    async def _letter(self, link: AccountLink) -> tuple[Sequence[ProjectId], Letter] | None:
        """The letter that is due, and the projects by whose channels it may go; None when the link counts no more."""
        if await self._links.by_secret(hash_of(self._secret(link))) is None or not await self._still_counts(link):
            return None
        project = await self._projects.get(link.project)
        if project is None or link.letter is None:
            return None
        return await self._senders(link), letter_with(link, self._url(link), project, link.letter.locale)

    async def _senders(self, link: AccountLink) -> Sequence[ProjectId]:
        """The projects by whose channels a link may go: their admins, who may read what is sent there, could make it.

        Else an admin of one of somebody's projects would ask in their name, and open the others.
        """
        person = await self._operators.get(link.operator) if link.operator is not None else None
        if person is None:
            return [link.project]
        places = places_of(person)
        trusted = []
        for project in (link.project, *(one for one in places if one != link.project)):
            people = await self._operators.of_project(project)
            admins = [one for one in people if one.active and _manages(one, project)]
            if all(_manages(admin, place) for admin in admins for place in places):
                trusted.append(project)
        return trusted

    async def _remind(self, email: str) -> None:
        if await self._limits.attempt_hourly(self._key("forgotten", email), FORGOTTEN_PER_ACCOUNT):
            log.info("no letter to somebody who asks for a new password too often")
            return
        person = await self._operators.by_email(email)
        if person is None or not person.active or person.first_project is None:
            return
        await self._stored(self._reset(person, person.first_project, None), person.locale)
        nobody = By(None, Via.NOBODY)
        places = places_of(person)
        await self._audit.note(nobody, AuditAction.RESET_LINK_MADE, places, about=person.id, name=person.email)

    def _reset(self, person: Operator, project: ProjectId, by: OperatorId | None) -> AccountLink:
        now = self._clock.now()
        return AccountLink(
            id=new_id(), kind=LinkKind.RESET, project=project, email=person.email, operator=person.id, by=by,
            created_at=now, expires_at=now + self._lifetimes.reset,
        )  # fmt: skip

    async def _followed(self, secret: str, address: str) -> AccountLink:
        key = await self._admit("followed", address, PER_ADDRESS_AND_HOUR)
        link = await self._links.by_secret(hash_of(secret))
        if link is None or not await self._still_counts(link):
            log.info("a link for an account was refused", reason="unknown, used, too old, or its maker may no longer")
            raise _gone()
        await self._limits.give_back(key)
        return link

    async def _still_counts(self, link: AccountLink) -> bool:
        """Whether its maker might make it today: who was removed comes back by no link that they kept.

        A reset opens every project of the person, also one that they have joined since.
        """
        if link.by is None:
            return True
        person = await self._operators.get(link.operator) if link.operator is not None else None
        return await self._manages_all(link.by, places_of(person) if person is not None else [link.project])

    async def _manages_all(self, maker: OperatorId, projects: Sequence[ProjectId]) -> bool:
        admin = await self._operators.get(maker)
        return admin is not None and admin.active and all(_manages(admin, project) for project in projects)

    async def _person_of(self, link: AccountLink) -> Operator | None:
        if link.operator is not None:
            return await self._operators.get(link.operator)
        return await self._operators.by_email(link.email)

    async def _use(self, secret: str) -> None:
        if not await self._links.use(hash_of(secret)):
            raise _gone()

    async def _project(self, project: ProjectId) -> Project:
        found = await self._projects.get(project)
        if found is None:
            raise NotFound("This project")
        return found

    async def _admit(self, what: str, who: str, limit: int) -> str:
        key = self._key(what, who)
        wait_s = await self._limits.attempt_hourly(key, limit)
        if wait_s:
            raise TooMany(wait_s, "Too many attempts. Please wait before the next one.")
        return key

    def _key(self, *parts: str) -> str:
        text = "\0".join(part.replace("\0", "") for part in parts)
        return hmac.new(self._limit_key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


async def check_teams(projects: Projects, project: ProjectId, teams: Sequence[TeamId]) -> None:
    """Raises `Invalid` for a team that the project does not have."""
    if teams and not set(teams) <= {team.id for team in await projects.teams(project)}:
        raise Invalid("team_unknown", "This project has no such team.")


def _manages(admin: Operator, project: ProjectId) -> bool:
    place = admin.place_in(project)
    return place is not None and Viewer(
        operator=admin.id, name="", project=project, role=place.role, scope=place.scope
    ).may(Right.MANAGE)


def _place(link: AccountLink) -> Membership:
    if link.role is None:
        raise ValueError("an invitation names a role")
    return Membership(project=link.project, role=link.role, scope=link.scope, teams=link.teams)


def _gone() -> Invalid:
    return Invalid("link_gone", "This link has ended: it was used, taken back, or is too old. Ask for a new one.")
