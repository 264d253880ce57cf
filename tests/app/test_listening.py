"""Where the hub listens, and what it says where it cannot."""

import socket

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
