"""What the same work costs without a hub: `python -m bench.bare PORT [MONGODB_URI]`, one bare aiohttp server."""

import sys
import uuid
from collections.abc import AsyncIterator

import orjson
import uvloop
from aiohttp import web

from hub.app.background import background
from hub.store.coalesce import Coalescer
from hub.store.connection import open_database
from hub.store.group_commit import GroupCommit

DATABASE = "bare"


async def healthy(request: web.Request) -> web.Response:
    """It runs."""
    return web.Response(body=b"{}", content_type="application/json")


async def greet(request: web.Request) -> web.WebSocketResponse:
    """A socket that says each frame again."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


class Store:
    """Durable messages in the three ways of the limits, and everything new to whoever listens."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._listeners: set[web.WebSocketResponse] = set()

    async def running(self, application: web.Application) -> AsyncIterator[None]:
        """Connect, write and follow while the server runs."""
        connection = await open_database(self._uri, DATABASE)
        self._inserts = connection.database["messages"]
        self._commit = GroupCommit(connection.database["grouped"])
        self._lists = Coalescer(connection.database["conversations"], upsert=True)
        stream = await connection.feed_database["messages"].watch(full_document="updateLookup", max_await_time_ms=1000)

        async def follow() -> None:
            async with stream:
                while True:
                    change = await stream.try_next()
                    if change is not None:
                        text = orjson.dumps(change["fullDocument"]).decode()
                        for listener in self._listeners:
                            await listener.send_str(text)

        async with background(self._commit.run, self._lists.run, follow):
            yield
        await connection.close()

    async def insert(self, request: web.Request) -> web.Response:
        """One durable insert."""
        sent = orjson.loads(await request.read())
        await self._inserts.insert_one(message(sent["conversation"], sent["text"]))
        return web.Response(body=b'{"ok":true}', content_type="application/json")

    async def group(self, request: web.Request) -> web.Response:
        """Group commit, and the conversation's list document before the answer."""
        sent = orjson.loads(await request.read())
        await commit_and_list(self._commit, self._lists, sent["conversation"], sent["text"])
        return web.Response(body=b'{"ok":true}', content_type="application/json")

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        """Every new message."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_str("{}")
        self._listeners.add(socket)
        try:
            async for _ in socket:
                pass
        finally:
            self._listeners.discard(socket)
        return socket


_COUNT = iter(range(1, sys.maxsize))


def message(conversation: str, text: str) -> dict[str, object]:
    """A document of an incoming message, with the least that it needs."""
    return {"_id": uuid.uuid4().hex, "conversation": conversation, "text": text, "direction": "in"}


async def commit_and_list(commit: GroupCommit, lists: Coalescer, conversation: str, text: str) -> None:
    """The raw limit: a message in the next flush, then its conversation's list document in the next bulk write."""
    await commit.insert(message(conversation, text), conversation)
    await lists.submit(conversation, next(_COUNT), max, lambda last: _listed(conversation, last, text))
    await lists.written(conversation)


def _listed(conversation: str, last: int, text: str) -> tuple[dict[str, object], dict[str, object]]:
    return {"_id": conversation}, {"$max": {"last_position": last}, "$set": {"last_message": text}}


def _application(uri: str | None) -> web.Application:
    application = web.Application()
    application.add_routes([web.get("/healthz", healthy), web.get("/socket", greet)])
    if uri is not None:
        store = Store(uri)
        application.cleanup_ctx.append(store.running)
        application.add_routes(
            [web.post("/insert", store.insert), web.post("/group", store.group), web.get("/changes", store.listen)]
        )
    return application


if __name__ == "__main__":
    web.run_app(
        _application(sys.argv[2] if len(sys.argv) > 2 else None),
        host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, loop=uvloop.new_event_loop(),
    )  # fmt: skip
