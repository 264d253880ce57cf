"""A stretch of network between browsers and the hub that can go quiet, break and come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK_BYTES = 64 * 1024


class Relay:
    """Passes bytes between 127.0.0.1:`port` and the hub. Knows nothing of HTTP: what a cable does, it can do."""

    def __init__(self, port: int, hub_port: int) -> None:
        self.port, self._hub_port = port, hub_port
        self._broken = False
        self._answers = asyncio.Event()
        self._answers.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._at_once, self._every_s = CHUNK_BYTES, 0.0
        self.connections, self.answered = 0, 0
        """How many there were, and the bytes that came back over them."""

    @property
    def origin(self) -> str:
        """Where browsers go."""
        return f"http://127.0.0.1:{self.port}"

    def hold_answers(self) -> None:
        """From now on the hub hears the browsers, and the browsers hear nothing. What was held is lost by `cut`."""
        self._answers.clear()

    def slow_down(self, *, at_once: int, every_s: float) -> None:
        """From now on answers trickle: so many bytes, then a pause."""
        self._at_once, self._every_s = at_once, every_s

    def cut(self) -> None:
        """Reset every connection. New ones are refused until `mend`."""
        self._broken = True
        self._answers.set()
        for end in list(self._ends):
            end.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self._broken = False
        self._answers.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it or it is cut."""
        if self._broken:
            writer.transport.abort()
            return
        self.connections += 1
        hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", self._hub_port)
        ends = {writer, hub_writer}
        self._ends |= ends
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, hub_writer, answers=False))
                group.create_task(self._pass(hub_reader, writer, answers=True))
        except* OSError:
            pass  # cut, or the browser went away: both ends are let go below
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await reader.read(self._at_once if answers else CHUNK_BYTES):
            if answers:
                await asyncio.sleep(self._every_s)
                await self._answers.wait()
                self.answered += len(data)
            if self._broken:
                raise ConnectionAbortedError
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof() and not writer.transport.is_closing():
            writer.write_eof()


@asynccontextmanager
async def open_relay(port: int, hub_port: int) -> AsyncIterator[Relay]:
    """A relay while the body runs."""
    relay = Relay(port, hub_port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", port)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.cut()
        await server.wait_closed()
