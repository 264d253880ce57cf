"""Server-sent events to the demo's pages: what changes, told to every page that is open."""

import asyncio
import contextlib

import orjson
from aiohttp import web

BEHIND = 500
"""Changes that a page may leave unread before it is cut off; it comes back and loads everything again."""


class PageStreams:
    """The open pages of one kind."""

    def __init__(self) -> None:
        self._open: set[asyncio.Queue[bytes | None]] = set()

    def tell(self, change: object) -> None:
        """Tell every page of `change`, which is anything that JSON knows."""
        said = b"data: " + orjson.dumps(change) + b"\n\n"
        for stream in self._open:
            if stream.full():
                _end(stream)
            else:
                stream.put_nowait(said)

    def close(self) -> None:
        """End the streams: the hub stops."""
        for stream in self._open:
            _end(stream)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One page's stream, until it is left or ended."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        stream: asyncio.Queue[bytes | None] = asyncio.Queue(BEHIND)
        self._open.add(stream)
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            while (said := await stream.get()) is not None:
                await response.write(said)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the page was left
        finally:
            self._open.discard(stream)
        return response


def _end(stream: asyncio.Queue[bytes | None]) -> None:
    """The end is next, whatever was still to be read."""
    with contextlib.suppress(asyncio.QueueEmpty):
        while True:
            stream.get_nowait()
    stream.put_nowait(None)
