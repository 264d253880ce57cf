"""Channels: everybody sees that they are there and how they do; admins see and change their settings."""

import html
import secrets
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, JsonValue, StringConstraints

from connectors.reasons import sentence
from hub.model.audit import AuditAction
from hub.model.base import Moment, Stored, Written
from hub.model.channel import Channel, ChannelHealth, Reopen, ReopenRule
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ChannelId, TeamId, new_id
from hub.model.operator import Right
from hub.model.why import Why
from hub.services.audit import difference, touched
from hub.services.errors import Conflict, Invalid, NotAllowed
from hub.web.api.chosen import chosen_channel, chosen_team
from hub.web.context import Context
from hub.web.page import Making, Page
from hub.web.route import Id

KEY_BYTES = 16
SETTINGS_AT_MOST = 100
WEB_CHAT = "webchat"
FORMS = "forms"
CALLED = frozenset({"generic", "jivochat_agents", "jivochat_bot", "jivochat_events"})
"""Kinds whose service is given an address of the hub to call."""
FORM_SNIPPET = """\
<form action="{address}" method="post" enctype="multipart/form-data" data-switchboard>
  <label>Name <input name="name" autocomplete="name"></label>
  <label>Phone <input name="phone" type="tel" autocomplete="tel"></label>
  <label>Message <textarea name="message"></textarea></label>
  <button>Send</button>
</form>
<script src="{address}/script.js" defer></script>"""
NOTED = {"name", "enabled", "team", "raw_days"}
ADDRESSES = ("api_url", "imap_host", "smtp_host", "token_url")
"""Settings that say where a secret is sent."""
SIGNED_IN = "refresh_token"
"""The secret that nobody types: signing in again brings a new one."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Greeting = Annotated[str, StringConstraints(max_length=4_000)]
RawDays = Annotated[int, Field(ge=1, le=3_650, description="Days for which raw payloads are kept; null: for ever.")]
Settings = Annotated[dict[str, JsonValue], Field(max_length=SETTINGS_AT_MOST)]


class ChannelShown(Stored):
    """A channel. Settings are null for those who do not manage it; secrets are never shown, only that they are set."""

    id: ChannelId
    kind: str
    name: str
    enabled: bool
    team: TeamId | None
    health: ChannelHealth
    capabilities: dict[str, JsonValue]
    created_at: Moment
    revision: int
    key: str | None = None
    reopen: ReopenRule | None = None
    greeting: str | None = None
    raw_days: int | None = None
    flows: tuple[StartRule, ...] | None = None
    settings: dict[str, JsonValue] | None = None
    secrets_set: tuple[str, ...] = ()


class NewChannel(Making):
    """A channel to be made."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    name: Name
    enabled: bool = True
    team: Id | None = None
    greeting: Greeting | None = None
    raw_days: RawDays | None = None
    settings: Settings = Field(default_factory=dict)


class ReopenWritten(Written):
    """What a new message on a resolved conversation does."""

    rule: Reopen
    within_days: Annotated[int, Field(ge=1, le=3650)] = 14
    keep_owner: bool = True


class StartRuleWritten(Written):
    """What begins a flow here; the first rule that fits wins. `words` none: those that the flow itself names."""

    flow: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    on: StartOn
    words: Annotated[tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)], ...],
                     Field(max_length=50)] = ()  # fmt: skip
    payload: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None


class RulesWritten(Written):
    """The rules of a channel in their order: the first that fits wins. `revision` is the one that its author saw."""

    revision: Annotated[int, Field(ge=0, le=2**53 - 1)]
    flows: Annotated[tuple[StartRuleWritten, ...], Field(max_length=50)]


class ChannelChange(Written):
    """What changes. `revision` is the one its author saw. Secrets that are left out of `settings` stay."""

    revision: Annotated[int, Field(ge=0, le=2**53 - 1)]
    name: Name | None = None
    enabled: bool | None = None
    team: Id | None = None
    greeting: Greeting | None = None
    raw_days: RawDays | None = None
    reopen: ReopenWritten | None = None
    flows: Annotated[tuple[StartRuleWritten, ...], Field(max_length=50)] | None = None
    settings: Settings | None = None


class Snippet(Stored):
    """What goes into the page. `address` is where forms are sent, or what a service calls, for channels with one."""

    html: str
    address: str | None = None


async def list_channels(context: Context) -> Page[ChannelShown]:
    """The channels of the project, the oldest first."""
    found = await context.parts.channels.of_project(context.viewer.project)
    return Page(items=tuple(_shown(context, channel) for channel in found), next=None)


async def get_channel(context: Context, channel: Id) -> ChannelShown:
    """One channel."""
    return _shown(context, await chosen_channel(context, channel))


async def create_channel(context: Context, body: NewChannel) -> ChannelShown:
    """Make a channel."""
    parts = context.parts
    making = await context.making("channel", body)
    if making.done:
        return _shown(context, await _made(context, making.id))
    channel = Channel(
        id=ChannelId(making.id),
        project=context.viewer.project,
        kind=body.kind,
        name=body.name,
        key=secrets.token_hex(KEY_BYTES),
        enabled=body.enabled,
        team=await chosen_team(context, body.team),
        greeting=body.greeting or None,
        raw_days=body.raw_days,
        settings=body.settings,
        created_at=parts.clock.now(),
    )
    parts.kinds.check(channel)
    await parts.channels.add(channel)
    await parts.made_once.end(making)
    await context.note(AuditAction.CHANNEL_MADE, channel.id, channel.name)
    return _shown(context, await _made(context, making.id))


async def _made(context: Context, channel: str) -> Channel:
    """What a request has made. Raises `Conflict`."""
    known = await context.parts.channels.in_project(context.viewer.project, ChannelId(channel))
    if known is None:
        raise Conflict("deleted", "What was made with this key was deleted.")
    return known


async def change_channel(context: Context, channel: Id, body: ChannelChange) -> ChannelShown:
    """Change a channel. 409 `changed_meanwhile` when somebody else was first."""
    parts = context.parts
    known = await chosen_channel(context, channel)
    values: dict[str, Any] = {
        name: getattr(body, name) for name in ("name", "enabled") if getattr(body, name) is not None
    }
    if body.reopen is not None:
        values["reopen"] = ReopenRule.model_validate(body.reopen.model_dump())
    if "team" in body.model_fields_set:
        values["team"] = await chosen_team(context, body.team)
    if "greeting" in body.model_fields_set:
        values["greeting"] = body.greeting or None
    if "raw_days" in body.model_fields_set:
        values["raw_days"] = body.raw_days
    if body.flows is not None:
        values["flows"] = tuple(StartRule.model_validate(rule.model_dump()) for rule in body.flows)
    if body.settings is not None:
        values["settings"] = {**_kept(context, known, body.settings), **body.settings}
    parts.kinds.check(known.model_copy(update=values))
    changed = await parts.channels.change(known.project, known.id, body.revision, values)
    if changed is None:
        raise Conflict("changed_meanwhile", "Somebody has changed this channel. Read it again and repeat your change.")
    await _note(context, known, changed)
    return _shown(context, changed)


class ConnectionTest(Written):
    """Settings to be tried; those that are never shown are taken from the stored `channel` where they are left out."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    settings: Settings = Field(default_factory=dict)
    channel: Id | None = None


class ConnectionFact(Stored):
    """One thing that the service says of the account: a sentence, and what it is said from in other languages."""

    text: str
    why: Why


class ConnectionTested(Stored):
    """What the service says."""

    facts: tuple[ConnectionFact, ...]


async def test_connection(context: Context, body: ConnectionTest) -> ConnectionTested:
    """Ask the service whether these settings work. Nothing is stored, and nothing changes there."""
    parts = context.parts
    hidden: dict[str, JsonValue] = {}
    known = None if body.channel is None else await chosen_channel(context, body.channel)
    if known is not None and known.kind == body.kind and not _moved(known, body.settings):
        secret = parts.kinds.secrets(known.kind)
        hidden = {name: value for name, value in known.settings.items() if name in secret}
    tried = Channel(
        id=known.id if known else ChannelId(new_id()),
        project=context.viewer.project,
        kind=body.kind,
        name=known.name if known else "…",
        key=known.key if known else secrets.token_hex(KEY_BYTES),
        settings={**hidden, **body.settings},
        created_at=parts.clock.now(),
    )
    parts.kinds.check(tried)
    facts = await parts.connections.inspect(tried)
    return ConnectionTested(facts=tuple(ConnectionFact(text=sentence(fact), why=fact) for fact in facts))


async def set_flows(context: Context, channel: Id, body: RulesWritten) -> ChannelShown:
    """Say which flows begin on a channel, and when. 409 `changed_meanwhile` when somebody else was first."""
    parts = context.parts
    known = await chosen_channel(context, channel)
    flows = {found.flow for found in await parts.flow_library.flows(known.project) if not found.archived}
    flows |= {rule.flow for rule in known.flows}
    for rule in body.flows:
        if rule.flow not in flows:
            raise Invalid("flow_unknown", f"There is no flow {rule.flow}.")
    rules = tuple(StartRule.model_validate(rule.model_dump()) for rule in body.flows)
    changed = await parts.channels.change(known.project, known.id, body.revision, {"flows": rules})
    if changed is None:
        raise Conflict("changed_meanwhile", "Somebody has changed this channel. Read it again and repeat your change.")
    await _note(context, known, changed)
    return _shown(context, changed)


async def get_snippet(context: Context, channel: Id) -> Snippet:
    """What puts the web chat, or a form, into a page; the address alone for a service that calls the hub."""
    found = await chosen_channel(context, channel)
    if found.kind == FORMS:
        address = f"{context.parts.settings.origin}/hooks/forms/{quote(found.key, safe='')}"
        return Snippet(html=FORM_SNIPPET.format(address=html.escape(address)), address=address)
    if found.kind in CALLED:
        return Snippet(
            html="", address=f"{context.parts.settings.origin}/hooks/{found.kind}/{quote(found.key, safe='')}"
        )
    if found.kind != WEB_CHAT:
        raise Invalid("no_snippet", "Only a web chat and forms are put into a page.")
    source = html.escape(f"{context.parts.settings.origin}/widget.js")
    return Snippet(html=f'<script async src="{source}" data-channel="{html.escape(found.key)}"></script>')


class SigningKey(Stored):
    """What a page signs its users with (HS256), so that their history follows them to every device."""

    key: str


async def show_signing_key(context: Context, channel: Id) -> SigningKey:
    """The key of a web chat's page. Whoever has it can be any of its users: it is shown in a session, and noted."""
    if context.who.session is None:
        raise NotAllowed("This needs you to be signed in; a token is not enough.")
    found = await chosen_channel(context, channel)
    key = context.parts.kinds.signing_key(found)
    if key is None:
        raise Invalid("no_signing_key", "Only a web chat believes what a page signs.")
    await context.note(AuditAction.SIGNING_KEY_SHOWN, found.id, found.name)
    return SigningKey(key=key)


def _moved(known: Channel, settings: dict[str, JsonValue]) -> bool:
    """Whether secrets would go elsewhere: they count beside the address alone that they were written for."""
    return any((settings.get(name) or None) != (known.settings.get(name) or None) for name in ADDRESSES)


def _kept(context: Context, known: Channel, settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The secrets that new settings leave as they are. Raises `Invalid` where they would go to another address.

    Else whoever may change settings would have them sent to a server of their own, and read there what nobody is shown.
    """
    hidden = context.parts.kinds.secrets(known.kind)
    kept = {name: value for name, value in known.settings.items() if name in hidden}
    if not _moved(known, settings):
        return kept
    missing = [name for name, value in kept.items() if value and name not in settings and name != SIGNED_IN]
    if missing:
        names = ", ".join(sorted(missing))
        raise Invalid(
            "secrets_again",
            f"The channel's server changes. Write what is to be sent there again: {names}.",
            names=names,
        )
    return {}


async def _note(context: Context, before: Channel, after: Channel) -> None:
    """A line of the audit log: of settings, among which are secrets, the names alone."""
    changes = difference(before.model_dump(include=NOTED), after.model_dump(include=NOTED))
    texts = touched({"greeting": before.greeting, "flows": before.flows, "reopen": before.reopen},
                    {"greeting": after.greeting, "flows": after.flows, "reopen": after.reopen}, "")  # fmt: skip
    settings = touched(before.settings, after.settings, "settings.")
    await context.note(AuditAction.CHANNEL_CHANGED, after.id, after.name, [*changes, *texts, *settings])


def _shown(context: Context, channel: Channel) -> ChannelShown:
    kinds = context.parts.kinds
    shown = ChannelShown(
        **channel.model_dump(include={"id", "kind", "name", "enabled", "team", "health", "created_at", "revision"}),
        capabilities=kinds.capabilities(channel.kind),
    )
    if context.who.may(Right.WRITE_FLOWS):
        shown = shown.model_copy(update={"flows": channel.flows})
    if not context.who.may(Right.MANAGE):
        return shown
    hidden = kinds.secrets(channel.kind)
    return shown.model_copy(
        update={
            "key": channel.key,
            "reopen": channel.reopen,
            "greeting": channel.greeting,
            "raw_days": channel.raw_days,
            "settings": {name: value for name, value in channel.settings.items() if name not in hidden},
            "secrets_set": tuple(sorted(name for name in hidden if channel.settings.get(name) not in (None, ""))),
        }
    )
