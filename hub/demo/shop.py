"""The demo shop: a page on which a visitor meets the widget, as on a customer's own site."""

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "shop"
PATH = "/demo/shop"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""As strict as a careful shop's: the widget has to work under it."""


def shop_routes() -> Sequence[web.RouteDef]:
    """The page and its files."""
    return [
        web.get(PATH, _to_folder),
        web.get(f"{PATH}/", _file),
        web.get(PATH + "/{name}", _file),
    ]


async def _to_folder(request: web.Request) -> web.StreamResponse:
    raise web.HTTPMovedPermanently(f"{PATH}/")


async def _file(request: web.Request) -> web.StreamResponse:
    path = (FOLDER / request.match_info.get("name", "index.html")).resolve()
    if not path.is_relative_to(FOLDER) or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})
