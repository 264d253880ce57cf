"""Somebody's own site, on another origin than the hub's, with the widget's one line in its page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.end_to_end.stage import Stage
from tests.end_to_end.visitor import Visitor

Open = Callable[[str], Awaitable[Visitor]]


@asynccontextmanager
async def site(stage: Stage, *, key: str = "demo-shop", policy: str = "") -> AsyncIterator[Open]:
    """Opens a page of another origin around the widget's one line."""
    content = ""

    async def page(_: web.Request) -> web.Response:
        tag = f'<script async src="{stage.line.origin}/widget.js" data-channel="{key}" data-locale="en"></script>'
        headers = {"Content-Security-Policy": policy} if policy else {}
        # No doctype: quirks mode, as old shops have it.
        return web.Response(text=f"<body><h1>Shop</h1>{content}{tag}", content_type="text/html", headers=headers)

    application = web.Application()
    application.add_routes([web.get("/", page)])
    async with TestServer(application, host="localhost") as server:
        context = await stage.context()

        async def opened(body: str) -> Visitor:
            nonlocal content
            content = body
            tab = await context.new_page()
            await tab.goto(str(server.make_url("/")))
            return Visitor(tab)

        yield opened
