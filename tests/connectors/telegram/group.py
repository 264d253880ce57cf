"""An operators' group on the simulator, with a linked operator, a stranger, and a hub that works in it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.wire import Wire
from hub.demo.telegram.world import Bot, Chat
from hub.model.ids import ProjectId
from hub.model.operator import Membership, Operator, Role
from hub.model.project import Project
from hub.services.operator_links import OperatorLinks
from hub.store.connection import Connection
from hub.store.groups import OperatorLinks as LinkStore
from hub.store.operators import Operators
from hub.store.projects import Projects
from tests.connectors.doubles import NOON
from tests.connectors.telegram.rig import TOKEN
from tests.connectors.telegram.site import OPERATOR, PROJECT, Site, site


@dataclass
class Forum:
    """The group as its members see it."""

    site: Site
    chat: Chat
    operator: Person
    stranger: Person
    topics: list[int] = field(default_factory=list)

    def shown(self, topic: int | None = None) -> list[str]:
        """The texts of a topic, by default of the only one: what is posted there, without the card."""
        return [text_of(one) for one in self.posts(topic)[1:] if text_of(one)]

    def posts(self, topic: int | None = None) -> list[Wire]:
        """The messages of a topic, the card first."""
        number = topic or self.only
        return [
            one
            for one in self.chat.messages.values()
            if one.get("message_thread_id") == number and not any(name.startswith("forum_topic") for name in one)
        ]

    def card(self, topic: int | None = None) -> str:
        """What the card says."""
        return text_of(self.posts(topic)[0])

    @property
    def only(self) -> int:
        """The only topic."""
        [topic] = self.chat.topics
        return topic

    async def until(self, fits: Callable[[], Any], within_s: float = 30) -> Any:
        """As soon as `fits` gives something true."""
        async with asyncio.timeout(within_s):
            while True:
                try:
                    if found := fits():
                        return found
                except (ValueError, LookupError):
                    pass  # the topic, or its card, is not there yet
                await asyncio.sleep(0.03)

    def say(self, text: str, person: Person | None = None, topic: int | None = None, **more: Any) -> Wire:
        """A member writes in the topic."""
        return (person or self.operator).say(text, thread=topic or self.only, **more)

    def press(self, label: str, person: Person | None = None) -> str:
        """A member presses a button of the newest post that has it."""
        for post in reversed(self.posts()):
            rows = post.get("reply_markup", {}).get("inline_keyboard", [])
            if any(button["text"] == label for row in rows for button in row):
                return (person or self.operator).press(post, label)
        raise LookupError(f"no post has a button {label!r}")

    def toasts(self) -> list[str]:
        """The words that were shown to those who pressed."""
        return [str(one.arguments.get("text", "")) for one in self.site.simulator.journal.of("answerCallbackQuery")]


def text_of(message: Wire) -> str:
    """The text or caption."""
    return str(message.get("text") or message.get("caption") or "")


def make_group(simulator: TelegramSimulator, bot: Bot, status: str = "administrator") -> Chat:
    """A forum supergroup with the bot in it."""
    chat = simulator.world.add_group("Operators", forum=True)
    chat.members[bot.id] = status
    return chat


async def add_operator(connection: Connection, locale: str = "en") -> None:
    """The operator of `site` as an account of the project."""
    await Projects(connection.database).put(Project(id=PROJECT, name="Sample", locale=locale, created_at=NOON))
    place = Membership(project=ProjectId(PROJECT), role=Role.ADMIN)
    await Operators(connection.database).add(
        Operator(
            id=OPERATOR.operator,
            email="operator@example.org",
            name=OPERATOR.name,
            memberships=(place,),
            created_at=NOON,
        )
    )


async def link_code(site: Site) -> str:
    """A code from the operator's settings."""
    database = site.hub.connection.database
    links = OperatorLinks(LinkStore(database), Operators(database), site.hub.pipeline.clock)
    return await links.code(OPERATOR.operator)


@asynccontextmanager
async def forum(
    connection: Connection, folder: Path, *, simulator: TelegramSimulator | None = None, linked: bool = True,
    locale: str = "en",
    **settings: Any,
) -> AsyncIterator[Forum]:  # fmt: skip
    """A hub whose bot works in a group."""
    simulator = simulator or TelegramSimulator(seed=1, limits=None)
    bot = simulator.world.bots.get(TOKEN) or simulator.add_bot(TOKEN)
    chat = next(iter(simulator.world.groups.values()), None) or make_group(simulator, bot)
    await add_operator(connection, locale)
    async with site(
        connection, folder, simulator=simulator, bot=bot, operators_group=str(chat.id), poll_timeout_s=1, **settings
    ) as at:
        operator = simulator.person(bot, 9001, "Sample", last_name="Operator")
        stranger = simulator.person(bot, 9002, "Sample", last_name="Stranger")
        there = Forum(at, chat, operator.at(chat), stranger.at(chat))
        if linked:
            operator.start(f"op-{await link_code(at)}")
            await there.until(lambda: "Demo Operator" in text_of(operator.last))
        yield there
