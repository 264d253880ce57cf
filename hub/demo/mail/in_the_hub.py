"""The demo's mailboxes inside the hub: the shop's, its sample customers', and the channel that points to the shop's."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from hub.demo.mail.imap_server import imap_server, same_secret
from hub.demo.mail.post_office import SERVER, Owner, PostOffice
from hub.demo.mail.webmail import Webmail
from hub.demo.seed import WEB_CHAT_KEY
from hub.model.channel import Channel
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.projects import Projects

CHANNEL_KEY = "demo-mail"
SHOP = "shop@example.test"
PEOPLE: Sequence[Owner] = (
    Owner("buyer1@example.org", "Покупатель 1", "ru"),
    Owner("customer2@example.com", "Sample Customer 2", "en"),
    Owner("buyer3@example.org", "Покупатель 3", "ru"),
    Owner("customer4@example.com", "Sample Customer 4", "en"),
    Owner("office@example.net", "Sample Ltd", "en"),
)
"""Of the domains that are kept for samples (RFC 2606): no mail could ever leave for them."""


@asynccontextmanager
async def open_mail_demo(connection: Connection, folder: Path) -> AsyncIterator[Webmail]:
    """Keep the mailboxes while the body runs; gives their webmail.

    The servers start and the channel is switched on when somebody opens the page: a demo that is not asked for mail
    pays nothing for it. The letters are kept in `folder`, one folder for each channel: another database begins anew.
    """
    channels = Channels(connection.database)
    channel = await _add_channel(channels, Projects(connection.database))
    office = PostOffice(folder / f"mail-{channel.id}", [Owner(SHOP, "Aurora Home", "ru"), *PEOPLE])
    office.load()
    async with AsyncExitStack() as servers:

        async def switch_on() -> None:
            from hub.demo.mail.smtp_server import smtp_server

            secret = secrets.token_urlsafe()
            imap = await servers.enter_async_context(imap_server(office, same_secret(secret)))
            smtp = await servers.enter_async_context(smtp_server(office, SHOP))
            await _switch_on(channels, {"password": secret, "imap_port": imap, "smtp_port": smtp})

        yield Webmail(office, office.boxes[SHOP], switch_on)


async def _add_channel(channels: Channels, projects: Projects) -> Channel:
    known = await channels.by_key(CHANNEL_KEY)
    if known is not None:
        # It holds the ports of the last start; until the servers listen again nobody may try them.
        await channels.change(known.project, known.id, known.revision, {"enabled": False})
        return known
    project = (await projects.all())[0]  # the demo's seed has made it
    shop = await channels.by_key(WEB_CHAT_KEY)
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="email", name="Почта Aurora Home", key=CHANNEL_KEY,
        enabled=False, flows=_by_mail(shop), created_at=project.created_at,
        settings={
            "address": SHOP, "sender_name": "Aurora Home", "imap_host": "127.0.0.1", "imap_security": "none",
            "smtp_security": "none", "smtp_password": "", "since_now": False, "trusted_authserv": SERVER,
            "signature": "Aurora Home\n{operator}",
        },
    )  # fmt: skip
    await channels.add(channel)
    return channel


def _by_mail(shop: Channel | None) -> tuple[StartRule, ...]:
    """The shop's rules; what begins with a start button there, which no mail has, begins with the first mail."""
    return tuple(
        rule.model_copy(update={"on": StartOn.FIRST_MESSAGE}) if rule.on is StartOn.START else rule
        for rule in sorted(shop.flows if shop else (), key=lambda rule: rule.on is StartOn.START)
    )


async def _switch_on(channels: Channels, settings: Mapping[str, Any]) -> None:
    """Give the channel the servers of this start."""
    known = await channels.by_key(CHANNEL_KEY)
    if known is not None:
        values = {"settings": {**known.settings, **settings}, "enabled": True}
        await channels.change(known.project, known.id, known.revision, values)
