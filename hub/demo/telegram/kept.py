"""What the demo's Telegram keeps over a restart of the hub: chats, files, and updates that nobody has taken yet.

The real Telegram goes on while a hub is away. The demo's one lives in the hub's process, so it is written down.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from hub.app.background import background
from hub.demo.telegram.files import StoredFile
from hub.demo.telegram.update_queue import Update
from hub.demo.telegram.world import Bot, Chat, World

log = structlog.get_logger(__name__)

SAVE_EVERY_S = 0.5
MESSAGES_A_CHAT = 300


class Kept:
    """The state of one bot and its private chats, in a folder."""

    def __init__(self, world: World, bot: Bot, folder: Path) -> None:
        self._world, self._bot, self._folder = world, bot, folder
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def saving(self) -> AsyncIterator[None]:
        """Load what was kept; then save every change, soon, while the body runs."""
        await asyncio.to_thread(self._load)
        self._world.watchers.append(lambda _: self._changed.set())
        self._bot.updates.on_add.append(lambda _: self._changed.set())
        self._bot.updates.on_taken.append(lambda _: self._changed.set())
        try:
            async with background(self._save_changes):
                yield
        finally:
            await self._save()

    async def _save_changes(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._save()
            await asyncio.sleep(SAVE_EVERY_S)

    async def _save(self) -> None:
        try:
            await asyncio.to_thread(self._write, self._snapshot())
        except OSError as error:  # a demo goes on without its memory
            log.warning("the demo's Telegram was not saved", folder=str(self._folder), reason=str(error))

    # Writing ---------------------------------------------------------------------------------------------------------

    def _snapshot(self) -> dict[str, Any]:
        queue, bot = self._bot.updates, self._bot
        return {
            "next_update": queue.next_id,
            "updates": [asdict(update) for update in queue.waiting()],
            "commands": dict(bot.commands),
            "chats": [self._chat(chat) for chat in bot.chats.values()],
            "files": [_described(file) for file in self._world.files.all()],
        }

    def _chat(self, chat: Chat) -> dict[str, Any]:
        assert chat.account is not None
        numbers = list(chat.messages)[-MESSAGES_A_CHAT:]
        return {
            "id": chat.id,
            "started": self._bot.id in chat.account.started,
            "blocked": self._bot.id in chat.account.blocked,
            "messages": [chat.messages[number] for number in numbers],
            "seen": [number for number in numbers if number in chat.seen],
            "reactions": [[*key, given] for key, given in chat.reactions.items() if key[0] in chat.messages],
            "keyboard": chat.keyboard,
        }

    def _write(self, snapshot: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for described in snapshot["files"]:
            path = self._folder / described["unique_id"]
            file = self._world.files.by_id(described["id"])
            if file is not None and not path.exists():
                path.write_bytes(file.content)
        beside = self._folder / "state.new"
        beside.write_text(json.dumps(snapshot), "utf-8")
        beside.replace(self._folder / "state.json")

    # Reading ---------------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        # A state that cannot be read is one that somebody else wrote there: the demo begins anew.
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            state = json.loads((self._folder / "state.json").read_text("utf-8"))
            for described in state["files"]:
                content = (self._folder / described["unique_id"]).read_bytes()
                self._world.files.restore(StoredFile(**described, content=content))
            for given in state["chats"]:
                self._load_chat(given)
            self._bot.commands.update(state["commands"])
            self._bot.updates.restore(state["next_update"], [Update(**given) for given in state["updates"]])

    def _load_chat(self, given: dict[str, Any]) -> None:
        account = self._world.accounts.get(given["id"])
        if account is None:
            return
        chat = self._world.private_chat(self._bot, account)
        chat.messages.update({message["message_id"]: message for message in given["messages"]})
        chat.seen.update(given["seen"])
        chat.reactions.update({(number, author): reactions for number, author, reactions in given["reactions"]})
        chat.keyboard = given["keyboard"]
        for wanted, marked in (("started", account.started), ("blocked", account.blocked)):
            if given[wanted]:
                marked.add(self._bot.id)


def _described(file: StoredFile) -> dict[str, Any]:
    return {name: value for name, value in asdict(file).items() if name != "content"}
