"""The demo shop: a page on which a visitor meets the widget, as on a customer's own site."""

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from hub.demo.page_serving import files_of, to_folder

FOLDER = Path(__file__).parent / "shop"
PATH = "/demo/shop"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""As strict as a careful shop's: the widget has to work under it."""


def shop_routes() -> Sequence[web.RouteDef]:
    """The page and its files."""
    page = files_of(FOLDER, POLICY)
    return [
        web.get(PATH, to_folder(PATH)),
        web.get(f"{PATH}/", page),
        web.get(PATH + "/{name}", page),
    ]
