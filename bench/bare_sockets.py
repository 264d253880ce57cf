"""A WebSocket server that answers each frame and does nothing else: `python -m bench.bare_sockets PORT`."""

import sys

from aiohttp import web


async def answer(request: web.Request) -> web.WebSocketResponse:
    """Greet whoever greets."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


if __name__ == "__main__":
    application = web.Application()
    application.add_routes([web.get("/", answer)])
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
