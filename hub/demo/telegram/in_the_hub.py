"""The simulator inside the demo hub: a bot, its sample customers, and the channel that points to it."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from hub.demo.seed import WEB_CHAT_KEY
from hub.demo.telegram.flood import Limits
from hub.demo.telegram.kept import Kept
from hub.demo.telegram.phone import PATH, Phone
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.world import Account
from hub.model.channel import Channel
from hub.model.ids import ChannelId, new_id
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.projects import Projects

TOKEN = "1000:DEMO-not-a-real-token"  # noqa: S105  (no bot of Telegram has it)
CHANNEL_KEY = "demo-telegram"
PEOPLE = (
    Account(5001, "Покупатель 1", language_code="ru", phone="79000000001"),
    Account(5002, "Sample Customer 2", username="sample_customer_2", language_code="en", phone="442079460002"),
    Account(5003, "Покупатель 3", language_code="ru", phone="79000000003"),
    Account(5004, "Sample Customer 4", language_code="en", phone="12025550104"),
    Account(5005, "Sample Customer 5", language_code="en", phone="442079460005"),
    Account(5006, "Sample Customer 6", language_code="en", phone="12025550106"),
    Account(5007, "Sample Customer 7", language_code="en", phone="442079460007"),
    Account(5008, "Sample Customer 8", language_code="en", phone="442079460008"),
    Account(5009, "Sample Customer 9", language_code="en", phone="442079460009"),
)
"""Numbers from the ranges that are kept for samples, where there are such ranges."""
EPOCH = 1_780_000_000
"""Numbers of messages begin with the seconds since then, so that those of an earlier start are never given again."""


@asynccontextmanager
async def open_telegram_demo(connection: Connection, folder: Path, origin: str) -> AsyncIterator[Phone]:
    """Run a Telegram on the loopback interface while the body runs; gives its phone.

    The channel is switched on when somebody opens the phone: Telegram's types take time and 22 MB to load, which a
    demo that is not asked for them shall not cost.
    Its chats are kept in `folder`, one folder for each channel: another database begins anew. `origin` is the hub's
    public address, where links to the bot lead.
    """
    simulator = TelegramSimulator(limits=Limits(chat_burst=20), kept=1000)
    bot = simulator.add_bot(TOKEN, "aurora_home_bot", "Aurora Home", first_message=int(time.time()) - EPOCH)
    people = [simulator.world.add_account(account) for account in PEOPLE]
    channels = Channels(connection.database)
    channel = await _add_channel(channels, Projects(connection.database))
    kept = Kept(simulator.world, bot, folder / f"telegram-{channel.id}")
    async with kept.saving(), simulator.serving() as url:
        settings = {"token": TOKEN, "api_url": url, "link_url": f"{origin}{PATH}"}
        await _put_channel(channels, settings, enabled=False)

        async def switch_on() -> None:
            await _put_channel(channels, settings, enabled=True)

        yield Phone(simulator, bot, people, switch_on)


async def _add_channel(channels: Channels, projects: Projects) -> Channel:
    known = await channels.by_key(CHANNEL_KEY)
    if known is not None:
        return known
    project = (await projects.all())[0]  # the demo's seed has made it
    shop = await channels.by_key(WEB_CHAT_KEY)
    channel = Channel(
        id=ChannelId(new_id()), project=project.id, kind="telegram", name="Telegram Aurora Home", key=CHANNEL_KEY,
        enabled=False, flows=shop.flows if shop else (), created_at=project.created_at,
    )  # fmt: skip
    await channels.add(channel)
    return channel


async def _put_channel(channels: Channels, settings: Mapping[str, str], *, enabled: bool) -> None:
    """Give the channel the addresses of this start."""
    known = await channels.by_key(CHANNEL_KEY)
    if known is not None:
        values = {"settings": {**known.settings, **settings}, "enabled": enabled}
        await channels.change(known.project, known.id, known.revision, values)
