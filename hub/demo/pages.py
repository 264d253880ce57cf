"""The demo's pages: the shop, and what sample customers have in their hands, a phone and a mailbox."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from hub.demo.mail.in_the_hub import open_mail_demo
from hub.demo.mail.webmail import Webmail
from hub.demo.page_serving import shared_routes
from hub.demo.shop import shop_routes
from hub.demo.telegram.in_the_hub import open_telegram_demo
from hub.demo.telegram.phone import Phone
from hub.store.connection import Connection


class DemoPages:
    """Every page of the demo."""

    def __init__(self, phone: Phone, webmail: Webmail) -> None:
        self._phone, self._webmail = phone, webmail

    def routes(self) -> Sequence[web.RouteDef]:
        """The pages, their files and their JSON."""
        return [*shared_routes(), *shop_routes(), *self._phone.routes(), *self._webmail.routes()]

    async def open_used(self) -> None:
        """Switch on what was used before this start; the rest waits until somebody opens its page."""
        for page in (self._phone, self._webmail):
            if page.used:
                await page.open()

    def close(self) -> None:
        """End what the pages hear from the hub: it stops."""
        self._phone.close()
        self._webmail.close()


@asynccontextmanager
async def open_demo_pages(connection: Connection, folder: Path, origin: str) -> AsyncIterator[DemoPages]:
    """Run the services behind the pages while the body runs. `folder` keeps them over a restart of the hub."""
    async with open_telegram_demo(connection, folder, origin) as phone, open_mail_demo(connection, folder) as webmail:
        yield DemoPages(phone, webmail)
