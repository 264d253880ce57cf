"""Signing in: sessions of browsers, access tokens, tickets that open a socket, and the way to a channel's account."""

from enum import StrEnum

from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, OperatorId, ProjectId
from hub.model.operator import Right


class SignInSession(Stored):
    """One browser that is signed in. The cookie's secret is kept as a hash only, and never read back.

    When it ends, its document is deleted: whoever holds a socket for it watches for that.
    """

    id: str
    operator: OperatorId
    project: ProjectId
    label: str = ""
    created_at: Moment
    last_used_at: Moment
    expires_at: Moment


class TokenScope(StrEnum):
    """What a personal access token may be used for, within what its person may do."""

    READ = "read"
    REPLY = "reply"
    MANAGE = "manage"
    CONNECT = "connect"


SCOPE_RIGHTS: dict[TokenScope, frozenset[Right]] = {
    TokenScope.READ: frozenset({Right.READ}),
    TokenScope.REPLY: frozenset({Right.REPLY, Right.ASSIGN_OTHERS}),
    TokenScope.MANAGE: frozenset({Right.WRITE_FLOWS, Right.MANAGE}),
    TokenScope.CONNECT: frozenset({Right.CONNECT}),
}


class AccessToken(Stored):
    """A personal access token. The token itself is shown once and kept as a hash."""

    id: str
    operator: OperatorId
    project: ProjectId
    name: str
    scopes: tuple[TokenScope, ...]
    created_at: Moment
    last_used_at: Moment | None = None
    expires_at: Moment | None = None


class Ticket(Stored):
    """The right to open one socket for a session."""

    session: str
    operator: OperatorId
    project: ProjectId


class ChannelSignIn(Stored):
    """A sign-in to a channel's account that is under way at its provider. `application` is who asks whom, hashed."""

    session: str
    project: ProjectId
    channel: ChannelId
    verifier: str
    application: str
