"""Following a link that sets a password, and asking for one: for people who are not signed in."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from hub.model.account_link import LinkKind
from hub.model.base import Moment, Stored, Written
from hub.model.operator import Role
from hub.web.api.people import EmailAddress
from hub.web.api.session import Password
from hub.web.context import Context

Secret = Annotated[SecretStr, Field(min_length=1, max_length=128)]


class LinkAsked(Written):
    """What stands in the link behind the #."""

    token: Secret


class LinkShown(Stored):
    """What a link is for. `name`: the account that there is already, which proves itself by its password."""

    kind: LinkKind
    email: str
    project: str
    role: Role | None
    name: str | None
    expires_at: Moment


class LinkFollowed(LinkAsked):
    """The name of a new account, and its password; for an invitation of somebody with an account, the present one."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)] = ""
    password: Password
    locale: Literal["en", "ru"] = "en"


class LinkDone(Stored):
    """With this address and the password one signs in now."""

    email: str


class Forgotten(Written):
    """Whose password was forgotten."""

    email: EmailAddress


async def look_at_link(context: Context, body: LinkAsked) -> LinkShown:
    """What a link is for. It still counts afterwards; 422 `link_gone` for one that does not (any more)."""
    followed = await context.parts.account_links.look(body.token.get_secret_value(), context.address)
    link = followed.link
    return LinkShown(
        kind=link.kind, email=link.email, project=followed.project.name, role=link.role, name=followed.name,
        expires_at=link.expires_at,
    )  # fmt: skip


async def follow_link(context: Context, body: LinkFollowed) -> LinkDone:
    """Use a link up: a new account, a place for an account, or a new password. Sign in afterwards."""
    person = await context.parts.account_links.follow(
        body.token.get_secret_value(), context.address, body.name, body.password.get_secret_value(), body.locale
    )
    return LinkDone(email=person.email)


async def forgot_password(context: Context, body: Forgotten) -> None:
    """Ask for a link that sets a new password, by mail. The answer is the same whether or not there is an account."""
    await context.parts.account_links.forgot(body.email, context.address)
