"""The built front end: pages, their files, and the widget that other sites load."""

import secrets
from pathlib import Path

from aiohttp import web

from hub.settings import Settings
from hub.web.problems import problem
from hub.web.security_headers import NONCE_PLACE, page_policy

STATIC = Path(__file__).parent / "static"
FOR_EVERY_SITE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
FOREVER = "public, max-age=31536000, immutable"
NO_PAGE_PREFIXES = ("/api", "/chat", "/ws", "/hooks", "/static", "/metrics", "/demo", "/f")
NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Switchboard</title><h1>The front end is not built</h1>"
    "<p>Run <code>make run</code>, or <code>npm ci && npm run build</code> in the folder <code>web</code>.</p>"
)


class StaticFiles:
    """Serves what the front-end build has put under `folder`: `inbox/index.html`, `widget.js` and everything else."""

    def __init__(self, settings: Settings, folder: Path = STATIC) -> None:
        self._folder = folder.resolve()
        self._socket_origin = settings.origin.replace("http", "ws", 1)

    async def inbox(self, request: web.Request) -> web.StreamResponse:
        """The inbox's page. Its addresses are its own affair: every page of it is the same file."""
        page = self._folder / "inbox" / "index.html"
        if not page.is_file():
            return self._page(NOT_BUILT, None, status=503)
        nonce = secrets.token_urlsafe(16)
        return self._page(page.read_text("utf-8").replace(NONCE_PLACE, nonce), nonce)

    async def widget(self, request: web.Request) -> web.StreamResponse:
        """The widget's script, for any site."""
        for name in ("widget.js", "widget/widget.js"):
            if (self._folder / name).is_file():
                return self._file(name, {**FOR_EVERY_SITE, "Cache-Control": "public, max-age=300"})
        return problem(404, "not_found", "The widget is not built.")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file of the build. Files in `assets` carry a hash in their name and never change."""
        name = request.match_info["path"]
        headers = {"Cache-Control": FOREVER if "/assets/" in f"/{name}" else "no-cache"}
        if name.startswith("widget"):
            headers.update(FOR_EVERY_SITE)
        if name.endswith(".html"):  # pages are served by their own routes, with their own policy
            raise web.HTTPNotFound
        return self._file(name, headers)

    def wants_page(self, request: web.Request) -> bool:
        """Whether an address that the router does not know is one of the inbox's own."""
        if not isinstance(request.match_info.http_exception, web.HTTPNotFound):
            return False
        if request.method not in ("GET", "HEAD") or "." in request.path.rsplit("/", 1)[-1]:
            return False
        return not any(request.path == prefix or request.path.startswith(f"{prefix}/") for prefix in NO_PAGE_PREFIXES)

    def _page(self, text: str, nonce: str | None, status: int = 200) -> web.Response:
        headers = {"Content-Security-Policy": page_policy(self._socket_origin, nonce), "Cache-Control": "no-store"}
        return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=headers)

    def _file(self, name: str, headers: dict[str, str]) -> web.StreamResponse:
        try:
            path = (self._folder / name).resolve()
            if path.is_relative_to(self._folder) and path.is_file():
                return web.FileResponse(path, headers=headers)
        except (ValueError, OSError):  # NUL, or a name that is too long
            pass
        raise web.HTTPNotFound
