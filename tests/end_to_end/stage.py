"""The stage of the browser tests: a hub, and people who each sit at a browser of their own."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

from hub.app.hub import Hub
from hub.demo.seed import PASSWORD
from hub.model.conversation import Conversation
from hub.model.ids import ConversationId
from hub.model.message import Message
from hub.model.operator import Membership, Operator, Role, Scope
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.relay import Relay, open_relay
from tests.end_to_end.visitor import Visitor

DESK, PHONE = (1440, 900), (390, 844)
NOT_SIGNED_IN = r"status of 401"
"""The browser writes down that `/api/v1/me` answered 401, which is how the inbox learns that nobody is signed in."""
LINK_LOST = r"net::ERR_|WebSocket connection|status of 50[234]"
Answer = TypeVar("Answer")
_numbers = itertools.count(1)


@dataclass
class Watch:
    """What a page did that it must never do: errors, messages on the console, dialogs, other people's servers."""

    origins: tuple[str, ...]
    expected: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Begin with a page, before it has loaded anything."""
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def check(self) -> None:
        """Fails the test if there was anything."""
        assert not self.faults, "\n".join(self.faults)

    def _console(self, message: ConsoleMessage) -> None:
        # What the page's own policy forbids is written to the console as an error, too.
        bad = message.type in ("error", "assert") or "Content Security Policy" in message.text
        if bad and not any(re.search(pattern, message.text) for pattern in self.expected):
            self.faults.append(f"console: {message.text}")

    async def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        await dialog.dismiss()  # the page stands still until somebody does

    def _request(self, request: Request) -> None:
        if not request.url.startswith((*self.origins, "data:", "blob:")):
            self.faults.append(f"asked another server: {request.url}")


@dataclass
class Stage:
    """One running hub. Operators reach it at `line.origin`, visitors there or over a line of their own."""

    hub: Hub
    browser: Browser
    line: Relay
    stack: AsyncExitStack
    watches: list[Watch] = field(default_factory=list)

    async def context(self, *, size: tuple[int, int] = DESK, scheme: str = "light", **options: Any) -> BrowserContext:
        """A fresh browser profile. Motion is reduced: nobody waits for a slide."""
        context = await self.browser.new_context(
            locale=options.pop("locale", "en-GB"),
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]  # a literal in the annotations
            reduced_motion="reduce",
            **options,
        )
        self.stack.push_async_callback(context.close)
        context.set_default_timeout(10_000)
        return context

    async def page(self, context: BrowserContext, expected: list[str], *, line: Relay | None = None) -> Page:
        """A tab that is watched."""
        origins = tuple(one.origin for one in (self.line, line) if one)
        sockets = tuple(origin.replace("http", "ws") for origin in origins)
        watch = Watch(origins + sockets, expected)
        self.watches.append(watch)
        page = await context.new_page()
        watch.over(page)
        return page

    async def visitor(
        self, *, line: Relay | None = None, path: str = "en.html", expected: list[str] | None = None, **options: Any
    ) -> Visitor:
        """Somebody who looks at the demo shop."""
        page = await self.page(await self.context(**options), expected or [], line=line)
        await page.goto(f"{(line or self.line).origin}/demo/shop/{path}")
        return Visitor(page)

    async def account(self, role: Role = Role.OPERATOR, locale: str = "en") -> Operator:
        """A new operator of the demo project, with the demo's password."""
        accounts, number = self.hub.people.accounts, next(_numbers)
        admin = await accounts.by_email("admin@example.test")
        assert admin is not None
        place = Membership(project=admin.memberships[0].project, role=role, scope=Scope.ALL)
        return await accounts.add_operator(
            f"person{number}@example.test", f"Sample Operator {number}", PASSWORD, [place], locale=locale
        )

    async def operator(
        self, account: Operator | None = None, *, expected: list[str] | None = None, view: str = "all", **options: Any
    ) -> OperatorAtWork:
        """An operator who has signed in and looks at a view."""
        who = account or await self.account()
        page = await self.page(await self.context(**options), [NOT_SIGNED_IN, *(expected or [])])
        await page.goto(f"{self.line.origin}/inbox/{view}")
        operator = OperatorAtWork(page, who)
        await operator.sign_in(PASSWORD)
        return operator

    async def own_line(self) -> Relay:
        """Another way to the hub, which can be cut without anybody else noticing."""
        port = int(self.hub.address.rpartition(":")[2])
        return await self.stack.enter_async_context(open_relay(0, port))

    async def conversation_with(self, text: str) -> Conversation:
        """The newest conversation in which a visitor wrote this, once the hub has it."""

        async def find() -> Conversation | None:
            messages = self.hub.connection.database["messages"]
            row = await messages.find_one({"text": text, "direction": "in"}, sort=[("created_at", -1)])
            found = await self.hub.pipeline.conversations.any(ConversationId(row["conversation"])) if row else None
            return found if found and found.last_position else None

        return await until(find)

    async def texts(self, conversation: ConversationId) -> list[str]:
        """What people have written to each other as the hub holds it, in order: no greeting."""
        return [message.text for message in await self.messages(conversation) if not message.automatic]

    async def messages(self, conversation: ConversationId) -> list[Message]:
        """The stored messages, in order."""
        return list(await self.hub.pipeline.messages.window(conversation))


async def until(ask: Callable[[], Awaitable[Answer | None]], timeout_s: float = 10) -> Answer:
    """The first answer that is not None (or False)."""
    async with asyncio.timeout(timeout_s):
        while not (answer := await ask()):
            await asyncio.sleep(0.02)
        return answer


@asynccontextmanager
async def open_stage(hub: Hub, browser: Browser, line: Relay) -> AsyncIterator[Stage]:
    """A stage for one test. Afterwards every browser is closed, and every page must have behaved."""
    async with AsyncExitStack() as stack:
        stage = Stage(hub, browser, line, stack)
        yield stage
    for watch in stage.watches:
        watch.check()


def sample(folder: Path, name: str, content: bytes) -> Path:
    """A file to send."""
    path = folder / name
    path.write_bytes(content)
    return path


async def snapshot(page: Page) -> str:
    """What an inbox shows, as an assistive technology hears it."""
    return await page.locator("body").aria_snapshot()
