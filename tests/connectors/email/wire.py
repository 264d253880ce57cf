"""A line between the hub and a mail server that hears what the hub says in clear, and may change the answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hub.app.background import background

Tamper = Callable[[bytes], bytes]


class Wire:
    """`heard` is what the hub said. With `tamper` each line of the server passes through it: no TLS comes through."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.heard = bytearray()
        self.tamper: Tamper | None = None
        self.port = 0
        self._ends: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """End every connection; new ones pass."""
        for end in list(self._ends):
            end.transport.abort()

    @property
    def open(self) -> bool:
        """Whether there is any connection."""
        return bool(self._ends)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ends = {writer, server_writer}
        self._ends |= ends
        try:
            async with background(lambda: self._answers(server_reader, writer)):
                while data := await reader.read(65_536):
                    self.heard += data
                    server_writer.write(data)
        except OSError:
            pass  # either has gone
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _answers(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while data := await (server.readline() if self.tamper else server.read(65_536)):
            client.write(self.tamper(data) if self.tamper else data)
        client.close()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """The line to a port of this machine while the body runs."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = int(server.sockets[0].getsockname()[1])
    try:
        yield wire
    finally:
        server.close()
        while wire.open:
            await asyncio.sleep(0.01)
