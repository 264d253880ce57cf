"""A stretch of network before a server, such as the hub or its database, that can go quiet, break and come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

CHUNK_BYTES = 64 * 1024


class Relay:
    """Passes bytes between 127.0.0.1:`port` and the hub. Knows nothing of HTTP: what a cable does, it can do."""

    def __init__(self, port: int, hub: int | Path) -> None:
        """`hub` is its port, or the path of a unix socket."""
        self.port, self._hub = port, hub
        self._broken = False
        self._answers = asyncio.Event()
        self._answers.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._at_once, self._every_s = CHUNK_BYTES, 0.0
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._cut_after: int | None = None
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

    def forget(self) -> None:
        """Lose what is sent over the connections that there are, and tell neither side. New ones work."""
        self._forgotten |= self._ends

    def cut_after(self, size_bytes: int) -> None:
        """Reset every connection once, after so many more bytes of answers: likely in the middle of one."""
        self._cut_after = size_bytes

    def cut(self) -> None:
        """Reset every connection. New ones are refused until `mend`."""
        self._broken = True
        self._answers.set()
        self._reset()

    def mend(self) -> None:
        """Let connections through again."""
        self._broken, self._cut_after = False, None
        self._answers.set()

    def _reset(self) -> None:
        for end in list(self._ends):
            end.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it or it is cut."""
        if self._broken:
            writer.transport.abort()
            return
        self.connections += 1
        try:
            hub_reader, hub_writer = await self._connected()
        except OSError:
            writer.transport.abort()
            return
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
            self._forgotten -= ends
            for end in ends:
                end.transport.abort()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._hub, Path):
            return await asyncio.open_unix_connection(self._hub)
        return await asyncio.open_connection("127.0.0.1", self._hub)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await reader.read(self._at_once if answers else CHUNK_BYTES):
            if answers:
                await asyncio.sleep(self._every_s)
                await self._answers.wait()
                self.answered += len(data)
            if self._broken:
                raise ConnectionAbortedError
            if writer in self._forgotten:
                continue
            if answers and self._cut_after is not None:
                data, self._cut_after = data[: self._cut_after], self._cut_after - len(data)
            writer.write(data)
            await writer.drain()
            if self._cut_after is not None and self._cut_after <= 0:
                self._cut_after = None
                self._reset()
        if writer.can_write_eof() and not writer.transport.is_closing():
            writer.write_eof()


@asynccontextmanager
async def open_relay(port: int, hub: int | Path) -> AsyncIterator[Relay]:
    """A relay while the body runs."""
    relay = Relay(port, hub)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", port)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.cut()
        await server.wait_closed()
