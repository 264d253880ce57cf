"""`hub doctor` on a hub with Telegram channels that are well and that are not."""

import asyncio
from pathlib import Path

from pydantic import SecretStr

from hub.app.doctor import examine
from hub.demo.telegram import groups
from hub.demo.telegram.server import TelegramSimulator
from hub.model.ids import new_id
from hub.model.project import Project
from hub.settings import Settings
from hub.store import schema
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.embedded import Embedded
from hub.store.projects import Projects
from tests.connectors.doubles import NOON
from tests.connectors.telegram.group import make_group
from tests.connectors.telegram.rig import TOKEN
from tests.connectors.telegram.site import PROJECT, site


async def test_the_doctor_says_what_telegram_says(connection: Connection, embedded: Embedded, tmp_path: Path) -> None:
    """The bot's name and its webhook; a wrong token in a sentence; nothing is changed there."""
    await schema.check(connection.database)
    async with site(connection, tmp_path) as at:
        store = Channels(connection.database)
        await Projects(connection.database).put(Project(id=PROJECT, name="Sample Ltd", created_at=NOON))
        wrong = {**at.channel.settings, "token": "43:NOBODY-S-TOKEN"}
        other = at.channel.model_copy(
            update={"id": new_id(), "key": new_id(), "settings": wrong, "name": "Wrong", "enabled": True}
        )
        await store.add(other)
        settings = Settings(mongodb_uri=SecretStr(embedded.uri), database=connection.database.name, data_dir=tmp_path)
        findings = {one.channel.name: one for one in await examine(settings)}
        well, ill = findings["Test"], findings["Wrong"]
        assert well.well
        text = "\n".join(well.lines())
        assert "@sample_bot" in text
        assert "No webhook is set" in text
        assert not ill.well
        assert "BotFather" in "\n".join(ill.lines())


async def test_the_doctor_says_what_is_missing_in_an_operators_group(
    connection: Connection, embedded: Embedded, tmp_path: Path
) -> None:
    """In the words of the service's app, and the channel counts as ill until it is done."""
    await schema.check(connection.database)
    simulator = TelegramSimulator(seed=1)
    bot = simulator.add_bot(TOKEN)
    chat = make_group(simulator, bot, "member")
    settings = Settings(mongodb_uri=SecretStr(embedded.uri), database=connection.database.name, data_dir=tmp_path)
    async with site(connection, tmp_path, simulator=simulator, bot=bot, operators_group=str(chat.id)) as at:
        await Projects(connection.database).put(Project(id=PROJECT, name="Sample Ltd", created_at=NOON))
        async with asyncio.timeout(20):
            while (finding := (await examine(settings))[0]).well:
                await asyncio.sleep(0.1)
        text = "\n".join(finding.lines())
        assert "The operators' group is “Operators”." in text
        assert "“Manage topics”" in text
        chat.members[bot.id] = "administrator"
        groups.set_status(simulator.world, chat, bot, "administrator", at.person.account)
        async with asyncio.timeout(20):
            while not (finding := (await examine(settings))[0]).well:
                await asyncio.sleep(0.1)
        assert "The bot manages its topics." in "\n".join(finding.lines())
