"""Accounts: who somebody is, from a session, a token or a ticket, and what people change about their own account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from hub.model.ids import OperatorId, ProjectId, new_id
from hub.model.operator import Membership, Operator, Right, Viewer
from hub.model.project import Project
from hub.model.sign_in import SCOPE_RIGHTS, AccessToken, SignInSession, Ticket, TokenScope
from hub.services.errors import Conflict, Invalid, NotFound, NotSignedIn, TooMany
from hub.services.made_once import Making
from hub.services.passwords import Passwords, check_new_password
from hub.services.second_factor import Enrolment, SecondFactors
from hub.services.secret_values import TOKEN_PREFIX, hash_of, new_secret
from hub.store.clock import DatabaseClock
from hub.store.login_limits import LoginLimits
from hub.store.operators import EmailTaken, Operators
from hub.store.projects import Projects
from hub.store.sessions import Sessions
from hub.store.tickets import Tickets
from hub.store.tokens import Tokens

log = structlog.get_logger(__name__)

TOKENS_PER_PERSON = 50


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: the viewer, the account behind it, and the session (`token` None) or token that proves it."""

    viewer: Viewer
    operator: Operator
    session: str | None
    token: AccessToken | None = None

    def may(self, right: Right) -> bool:
        """Whether role and, with a token, its scopes allow it."""
        allowed = self.token is None or any(right in SCOPE_RIGHTS[scope] for scope in self.token.scopes)
        return allowed and self.viewer.may(right)


class Accounts:
    """Accounts of all operators. Whatever takes a right away ends every session, so sockets close and ids change."""

    def __init__(
        self,
        operators: Operators,
        projects: Projects,
        sessions: Sessions,
        tokens: Tokens,
        tickets: Tickets,
        limits: LoginLimits,
        passwords: Passwords,
        second_factors: SecondFactors,
        clock: DatabaseClock,
    ) -> None:
        self._operators, self._projects, self._sessions = operators, projects, sessions
        self._tokens, self._tickets, self._limits = tokens, tickets, limits
        self._passwords, self._second_factors, self._clock = passwords, second_factors, clock

    # Who asks ---------------------------------------------------------------------------------------------------

    async def viewer_of_session(self, cookie: str) -> Identity | None:
        """Who has this session cookie; None when the session has ended or the account cannot sign in any more."""
        session = await self._sessions.by_secret(hash_of(cookie))
        return await self._identity(session.operator, session.project, session.id) if session else None

    async def viewer_of_session_id(self, session: str) -> Viewer | None:
        """The viewer of a session that was recognised before, with today's rights; None when it has ended."""
        running = await self._sessions.get(session)
        if running is None:
            return None
        identity = await self._identity(running.operator, running.project, running.id)
        return identity.viewer if identity else None

    async def viewer_of_token(self, token: str) -> Identity | None:
        """Who has this personal access token, or None."""
        found = await self._tokens.by_secret(hash_of(token)) if token.startswith(TOKEN_PREFIX) else None
        return await self._identity(found.operator, found.project, None, found) if found else None

    async def issue_ticket(self, identity: Identity) -> str:
        """A ticket that opens one socket within 30 s for the session that asks."""
        if identity.session is None:
            raise Invalid("session_needed", "A ticket is given to a session only.")
        secret = new_secret()
        viewer = identity.viewer
        ticket = Ticket(session=identity.session, operator=viewer.operator, project=viewer.project)
        await self._tickets.add(hash_of(secret), ticket)
        return secret

    async def redeem_ticket(self, ticket: str) -> tuple[Viewer, str] | None:
        """The viewer and the session's id; None when the ticket was used, is too old, or its session has ended."""
        found = await self._tickets.redeem(hash_of(ticket))
        viewer = await self.viewer_of_session_id(found.session) if found else None
        if found is None or viewer is None or viewer.project != found.project:
            return None
        return viewer, found.session

    async def refreshed(self, identity: Identity) -> Identity:
        """The same person as the store knows them now. Raises `NotFound` when the account is gone."""
        again = await self._identity(identity.operator.id, identity.viewer.project, identity.session, identity.token)
        if again is None:
            raise NotFound("This account")
        return again

    async def project_of(self, viewer: Viewer) -> Project:
        """The project the viewer works in."""
        project = await self._projects.get(viewer.project)
        if project is None:
            raise NotFound("This project")
        return project

    async def projects_of(self, identity: Identity) -> Sequence[Project]:
        """The projects that the person may enter, by name; with a token only the token's own."""
        if identity.token is not None:
            return [await self.project_of(identity.viewer)]
        return await self._projects.named([place.project for place in identity.operator.memberships])

    async def enter(self, identity: Identity, project: ProjectId) -> Identity:
        """Let the session work in another project of the person from now on: its sockets close, open pages begin anew.

        Raises `NotFound` for a project in which the person has no place, which looks like one that does not exist.
        """
        if identity.session is None or identity.operator.place_in(project) is None:
            raise NotFound("This project")
        if not await self._sessions.enter(identity.operator.id, identity.session, project):
            raise NotSignedIn("not_signed_in", "Sign in first.")
        await self._operators.change(identity.operator.id, last_project=project)
        entered = await self._identity(identity.operator.id, project, identity.session)
        if entered is None:  # the place was taken away at this very moment
            raise NotFound("This project")
        log.info("project entered", operator=identity.operator.id, project=project)
        return entered

    async def _identity(
        self, operator: OperatorId, project: ProjectId, session: str | None, token: AccessToken | None = None
    ) -> Identity | None:
        account = await self._operators.get(operator)
        place = account.place_in(project) if account is not None and account.active else None
        if account is None or place is None:
            return None
        return Identity(viewer_of(account, place), account, session, token)

    # One's own account ------------------------------------------------------------------------------------------

    async def change_profile(self, operator: OperatorId, **values: object) -> Operator:
        """Change name, locale, presence or signature."""
        changed = await self._operators.change(operator, **values)
        if changed is None:
            raise NotFound("This account")
        return changed

    async def change_password(self, identity: Identity, current: str, new: str) -> None:
        """Set a new password. All other sessions and all tokens of the person end."""
        await self._confirm_password(identity.operator, current)
        await self.set_password(identity.operator, new, but=identity.session)

    async def begin_totp(self, identity: Identity) -> Enrolment:
        """A secret for an authenticator app."""
        return await self._second_factors.begin(identity.operator)

    async def enable_totp(self, identity: Identity, code: str) -> list[str]:
        """Switch the second factor on; the recovery codes. Five wrong codes, then the wait doubles."""
        key = hash_of(f"enable:{identity.operator.id}")
        wait_s = await self._limits.attempt_doubling(key)
        if wait_s:
            raise TooMany(wait_s, "Too many wrong codes. Please wait before the next one.")
        codes = await self._second_factors.enable(identity.operator.id, code)
        await self._limits.forget(key)
        return codes

    async def disable_totp(self, identity: Identity, password: str) -> None:
        """Switch the second factor off, with the password."""
        await self._confirm_password(identity.operator, password)
        await self._second_factors.disable(identity.operator.id)

    async def sessions(self, operator: OperatorId) -> Sequence[SignInSession]:
        """Where the person is signed in."""
        return await self._sessions.of_operator(operator)

    async def end_session(self, operator: OperatorId, session: str) -> None:
        """Sign one browser out. Raises `NotFound`."""
        if not await self._sessions.end(operator, session):
            raise NotFound("This session")

    async def tokens(self, operator: OperatorId) -> Sequence[AccessToken]:
        """The person's tokens."""
        return await self._tokens.of_operator(operator)

    async def create_token(
        self,
        identity: Identity,
        name: str,
        scopes: Sequence[TokenScope],
        expires_at: datetime | None,
        making: Making,
    ) -> tuple[AccessToken, str]:
        """A token for this project, and its text, which is shown to whoever makes it and to nobody else."""
        now, secret = self._clock.now(), TOKEN_PREFIX + making.secret
        if making.done:
            made = await self._tokens.made(identity.operator.id, making.id, hash_of(secret))
            if made is None:
                raise Conflict("deleted", "What was made with this key was deleted.")
            return made, secret
        if expires_at is not None and expires_at <= now:
            raise Invalid("expires_in_the_past", "The token would have ended already.")
        if await self._tokens.count(identity.operator.id) >= TOKENS_PER_PERSON:
            raise Conflict("too_many_tokens", f"You have {TOKENS_PER_PERSON} tokens. Delete one first.")
        token = AccessToken(
            id=making.id,
            operator=identity.operator.id,
            project=identity.viewer.project,
            name=name,
            scopes=tuple(dict.fromkeys(scopes)),
            created_at=now,
            expires_at=expires_at,
        )
        await self._tokens.add(token, hash_of(secret))
        # As it is stored: a twin of the request may have been faster.
        return await self._tokens.made(identity.operator.id, token.id, hash_of(secret)) or token, secret

    async def delete_token(self, operator: OperatorId, token: str) -> None:
        """Delete a token. Raises `NotFound`."""
        if not await self._tokens.delete(operator, token):
            raise NotFound("This token")

    async def _confirm_password(self, operator: Operator, password: str) -> None:
        """Raises `Invalid` for a wrong password; guessing it costs what it costs at sign-in."""
        key = hash_of(f"confirm:{operator.id}")
        wait_s = await self._limits.attempt_doubling(key)
        if wait_s:
            raise TooMany(wait_s, "Too many wrong passwords. Please wait before the next one.")
        if not await self._passwords.verify(password, operator.password_hash):
            raise Invalid("wrong_password", "Your present password is not right.")
        await self._limits.forget(key)

    # Administration ---------------------------------------------------------------------------------------------

    async def add_operator(
        self, email: str, name: str, password: str, memberships: Sequence[Membership], locale: str = "en"
    ) -> Operator:
        """A new account. Raises `Invalid` for the password, `TooMany`, `Conflict` for a taken address."""
        return await self.add_hashed(email, name, await self.hashed(password, email), memberships, locale)

    async def hashed(self, password: str, email: str) -> str:
        """A new password of the person with this address as it is kept. Raises `Invalid`, and `TooMany` at once."""
        check_new_password(password, email.strip().casefold())
        return await self._passwords.hash(password)

    async def add_hashed(
        self, email: str, name: str, password_hash: str, memberships: Sequence[Membership], locale: str = "en"
    ) -> Operator:
        """As `add_operator`, with a password that is `hashed`."""
        operator = Operator(
            id=OperatorId(new_id()),
            email=email.strip().casefold(),
            name=name.strip(),
            locale=locale,
            password_hash=password_hash,
            memberships=tuple(memberships),
            created_at=self._clock.now(),
        )
        try:
            await self._operators.add(operator)
        except EmailTaken:
            raise Conflict("email_taken", "Somebody has an account with this e-mail address.") from None
        return operator

    async def by_email(self, email: str) -> Operator | None:
        """The account with this address, or None."""
        return await self._operators.by_email(email.strip().casefold())

    async def set_password(self, operator: Operator, password: str, *, but: str | None = None) -> None:
        """Set a password without the old one. Every session (but one) and every token of the person ends."""
        await self.set_hashed(operator, await self.hashed(password, operator.email), but=but)

    async def set_hashed(self, operator: Operator, password_hash: str, *, but: str | None = None) -> None:
        """As `set_password`, with a password that is `hashed`."""
        await self._operators.change(operator.id, password_hash=password_hash)
        await self._end_all(operator.id, but=but)

    async def set_memberships(self, operator: OperatorId, memberships: Sequence[Membership]) -> None:
        """Change roles, scopes or teams. The person signs in again."""
        await self._operators.change(operator, memberships=tuple(memberships))
        await self._end_all(operator)

    async def change_place(
        self, viewer: Viewer, operator: OperatorId, values: Mapping[str, Any]
    ) -> tuple[Membership, Operator]:
        """Change somebody's `role`, `scope` or `teams` in the viewer's project; they sign in again.

        The place as it was, and the person as they are now.

        Raises `NotFound`, and `Conflict` for oneself, so that a project never loses its last admin by a slip.
        """
        _, place = await self._place_of_other(viewer, operator)
        changed = await self._operators.move(operator, place.model_copy(update=dict(values)))
        if changed is None:
            raise NotFound("This person")
        if not await self._still_manages(viewer):
            await self._operators.move(operator, place)
            raise _overtaken()
        await self._end_all(operator, tokens_of=viewer.project)
        return place, changed

    async def remove_place(self, viewer: Viewer, operator: OperatorId) -> Operator:
        """Take somebody's place in the viewer's project away; everything they have open ends. Raises as above."""
        account, place = await self._place_of_other(viewer, operator)
        await self._operators.leave(operator, viewer.project)
        if not await self._still_manages(viewer):
            await self._operators.join(operator, place)
            raise _overtaken()
        await self._end_all(operator, tokens_of=viewer.project)
        return account

    async def _still_manages(self, viewer: Viewer) -> bool:
        """Two admins who take each other's place away at one moment would leave a project without any."""
        account = await self._operators.get(viewer.operator)
        place = account.place_in(viewer.project) if account is not None and account.active else None
        return account is not None and place is not None and viewer_of(account, place).may(Right.MANAGE)

    async def _place_of_other(self, viewer: Viewer, operator: OperatorId) -> tuple[Operator, Membership]:
        account = await self._operators.get(operator)
        place = account.place_in(viewer.project) if account is not None else None
        if account is None or place is None:
            raise NotFound("This person")
        if operator == viewer.operator:
            raise Conflict("not_oneself", "Your own place is changed by another admin.")
        return account, place

    async def set_active(self, operator: OperatorId, active: bool) -> None:
        """Close or open an account. Closing ends everything the person has open."""
        await self._operators.change(operator, active=active)
        if not active:
            await self._end_all(operator)

    async def _end_all(
        self, operator: OperatorId, *, but: str | None = None, tokens_of: ProjectId | None = None
    ) -> None:
        """`tokens_of`: those of this project alone. An admin there must not stop the programs of another project."""
        ended = await self._sessions.end_all(operator, but=but)
        tokens = await self._tokens.delete_all(operator, tokens_of)
        log.info("sessions and tokens ended", operator=operator, sessions=ended, tokens=tokens)


def _overtaken() -> Conflict:
    return Conflict("overtaken", "Your own place was changed at this moment, so nothing else was.")


def viewer_of(operator: Operator, place: Membership) -> Viewer:
    """The person as a viewer of one of their projects."""
    return Viewer(
        operator=operator.id,
        name=operator.name,
        project=place.project,
        role=place.role,
        scope=place.scope,
        teams=place.teams,
    )
