"""What is answered at the addresses of connectors where no channel is."""

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub.web.channel_routes import ChannelRoutes

PAGE = {"Origin": "https://shop.example.test"}


async def test_a_page_that_names_no_channel_can_read_that() -> None:
    """A preflight passes and the refusal may be read by any page; before all channels have opened it is 503."""
    routes = ChannelRoutes()
    application = web.Application()
    application.add_routes(routes.routes())
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        address = server.make_url("/chat/v1/no-such-channel/session")
        async with session.post(address, json={}, headers=PAGE) as answer:
            assert answer.status == 503
        routes.complete()
        async with session.options(address, headers=PAGE) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
        async with session.post(address, json={}, headers=PAGE) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")
            told = await answer.json()
            assert (told["code"], "data-channel" in told["detail"]) == ("not_found", True)
        routes.publish({"a-channel": []})
        async with session.post(server.make_url("/chat/v1/a-channel/elsewhere"), json={}) as answer:
            assert (answer.status, "data-channel" in await answer.text()) == (404, False)
