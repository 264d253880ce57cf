"""What the demo's pages have in common: the scripts that they share, and what waits for the first look."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from hub.demo.page_serving import SHARED, SHARED_PATH, FirstLook, shared_routes
from tests.serving import serving


async def test_what_pages_import_from_the_shared_folder_is_served() -> None:
    """Nothing else is, whatever is asked for."""
    application = web.Application()
    application.add_routes(shared_routes())
    imported = {
        line.rpartition(f"..{SHARED_PATH.removeprefix('/demo')}/")[2].rstrip('";')
        for script in SHARED.parent.glob("*/*/*.js")
        for line in script.read_text().splitlines()
        if line.startswith("import") and "../shared/" in line
    }
    assert imported
    async with serving(application) as url, aiohttp.ClientSession() as http:
        for name in imported:
            async with http.get(f"{url}{SHARED_PATH}/{name}") as answer:
                assert (answer.status, answer.content_type) == (200, "application/javascript"), name
        for name in ("none.js", "%2e%2e%2fseed.py"):
            async with http.get(f"{url}{SHARED_PATH}/{name}") as answer:
                assert answer.status == 404, name


async def test_the_first_look_is_one_however_many_look_and_comes_again_after_a_fault() -> None:
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(1)
        if len(done) == 1:
            raise ConnectionError

    look = FirstLook(work)
    with pytest.raises(ConnectionError):
        await look()
    await asyncio.gather(look(), look(), look())
    assert len(done) == 2
