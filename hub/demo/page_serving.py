"""What the demo's pages have in common: how their files, their JSON and what customers sent are answered."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence, Set
from pathlib import Path

import orjson
from aiohttp import web

SHARED = Path(__file__).parent / "shared"
SHARED_PATH = "/demo/shared"
SHARED_POLICY = "default-src 'none'; frame-ancestors 'none'"
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Work = Callable[[], Awaitable[None]]


class FirstLook:
    """Work that waits until somebody looks: done once, however many look at the same time."""

    def __init__(self, work: Work | None) -> None:
        self._work = work
        self._alone = asyncio.Lock()

    async def __call__(self) -> None:
        """Somebody looks."""
        async with self._alone:
            if self._work is not None:
                await self._work()
                self._work = None  # only now: when the database was away, the next one who looks tries again


def shared_routes() -> Sequence[web.RouteDef]:
    """The scripts that several pages load."""
    return [web.get(SHARED_PATH + "/{name}", files_of(SHARED, SHARED_POLICY))]


def files_of(folder: Path, policy: str) -> Handler:
    """Answers with the file `{name}` of a folder, or its page where no name is asked for."""

    async def answer(request: web.Request) -> web.StreamResponse:
        path = (folder / request.match_info.get("name", "index.html")).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})

    return answer


def to_folder(path: str) -> Handler:
    """Answers with the address that the page's files are relative to."""

    async def answer(_: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently(f"{path}/")

    return answer


def json_answer(value: object) -> web.Response:
    """Anything that JSON knows."""
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=orjson.dumps(value), content_type="application/json", headers=headers)


def file_answer(content: bytes, media_type: str, shown_types: Set[str]) -> web.Response:
    """A file that somebody sent: shown where that is safe, else downloaded under the name that the page's link says."""
    shown = media_type in shown_types
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=3600"}
    if not shown:
        headers["Content-Disposition"] = "attachment"
    return web.Response(body=content, content_type=media_type if shown else "application/octet-stream", headers=headers)
