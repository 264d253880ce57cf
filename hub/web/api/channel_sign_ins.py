"""Signing in to a channel's account at its provider: the way there, and what the inbox's page brings back."""

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.model.audit import AuditAction, AuditChange
from hub.model.base import Stored, Written
from hub.model.ids import ChannelId
from hub.services.errors import NotAllowed
from hub.web.api.chosen import chosen_channel
from hub.web.context import Context
from hub.web.route import Id

Answered = Annotated[str, StringConstraints(max_length=4_096)]
"""A code or a sentence of a provider: RFC 6749 names no length, Microsoft's codes have more than 1,000 characters."""


class SignInPlace(Stored):
    """What is entered as redirect URI in the provider's console."""

    redirect_uri: str


class SignInBegun(Stored):
    """Where the browser goes."""

    url: str


class ProviderAnswer(Written):
    """What the provider sent the browser back with (RFC 6749, 4.1.2): a code, or an error."""

    state: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    code: Answered | None = None
    error: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    error_description: Answered | None = None


class SignInFinished(Stored):
    """The channel whose account is open now. `lasts_s`: the sign-in ends by itself after so long; null: it does not."""

    channel: ChannelId
    name: str
    account: str | None
    lasts_s: Annotated[float, Field(gt=0)] | None


async def get_place(context: Context) -> SignInPlace:
    """The redirect URI of this hub, for the provider's console."""
    return SignInPlace(redirect_uri=context.parts.channel_sign_ins.redirect_uri)


async def begin(context: Context, channel: Id) -> SignInBegun:
    """Begin a sign-in to the channel's account. It is finished by the same session, within ten minutes."""
    found = await chosen_channel(context, channel)
    origin = context.request.headers.get("Origin")
    return SignInBegun(url=await context.parts.channel_sign_ins.begin(found, _session(context), origin))


async def finish(context: Context, body: ProviderAnswer) -> SignInFinished:
    """Finish a sign-in with what the provider answered; the refresh token becomes a secret of the channel.

    422 with a code for whatever went wrong, and a sentence that says what to do; then it has to be begun anew.
    """
    answer = body.model_dump(exclude={"state"}, exclude_none=True)
    finished = await context.parts.channel_sign_ins.finish(
        context.viewer.project, _session(context), body.state, answer
    )
    # What else changed meanwhile has a line of its own: the token is all that this changes.
    changes = [AuditChange(name="settings.refresh_token")]
    await context.note(AuditAction.CHANNEL_CHANGED, finished.channel.id, finished.channel.name, changes)
    return SignInFinished(
        channel=finished.channel.id, name=finished.channel.name, account=finished.account, lasts_s=finished.lasts_s
    )


def _session(context: Context) -> str:
    if context.who.session is None:
        raise NotAllowed("A sign-in happens in a browser; a token is not enough.")
    return context.who.session
