"""Where the hub listens, and what it says where it cannot."""

import asyncio
import logging
import socket
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from hub.app.listening import NotListening, listening
from hub.app.stopping import Stopping
from hub.settings import Settings, address


async def test_a_port_that_is_taken_names_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(port=taken.getsockname()[1])
        with pytest.raises(NotListening, match=r"Address already in use\. .*HUB_PORT"):
            async with listening(web.Application(), settings, Stopping(1)):
                pass


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert address("::1", 8080) == "http://[::1]:8080"
    assert Settings(host="::1").origin == "http://[::1]:8080"
    assert address("127.0.0.1", 8080) == "http://127.0.0.1:8080"


FAULTY = {
    "a header that is too long": b"GET / HTTP/1.1\r\nHost: hub\r\nCookie: " + b"a" * 9_000 + b"\r\n\r\n",
    "a header that is no text": b"GET / HTTP/1.1\r\nHost: hub\r\nCookie: hub=\x01\r\n\r\n",
    "an address that is too long": b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: hub\r\n\r\n",
    "an address that is none": b"GET http://[/ HTTP/1.1\r\nHost: hub\r\n\r\n",
    "a body in broken pieces": b"POST / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcd\r\n",
    "a body that is no gzip": b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
}


@pytest.mark.parametrize("case", FAULTY)
async def test_what_a_client_writes_wrongly_is_answered_and_no_error_of_ours(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever reaches the port could fill the log with tracebacks otherwise, which repeat what was sent."""
    async with (
        listening(web.Application(), Settings(port=0), Stopping(1)) as origin,
        asyncio.timeout(60),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(origin).port)
        writer.write(FAULTY[case])
        assert (await reader.readline()).split()[1] in {b"400", b"404"}
        writer.close()
        await writer.wait_closed()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
