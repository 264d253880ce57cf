"""The description of the API, and the page that shows it."""

import orjson
from aiohttp import web

from hub.web.context import Context

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Switchboard API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/apidocs/swagger-ui.css">
<div id="api"></div>
<script src="/static/apidocs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</html>
"""
START = """\
SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  domNode: document.getElementById("api"),
  requestInterceptor: (request) => {
    request.headers["X-Hub"] = "1";
    return request;
  },
});
"""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DESCRIPTION: web.AppKey[bytes] = web.AppKey("description", bytes)


async def openapi(context: Context) -> web.StreamResponse:
    """This description."""
    return web.Response(body=context.request.app[DESCRIPTION], content_type="application/json")


async def docs_page(context: Context) -> web.StreamResponse:
    """The viewer's page."""
    headers = {"Content-Security-Policy": PAGE_POLICY}
    return web.Response(text=PAGE, content_type="text/html", charset="utf-8", headers=headers)


async def docs_start(context: Context) -> web.StreamResponse:
    """The viewer's first script."""
    return web.Response(text=START, content_type="text/javascript", charset="utf-8")


def encoded(description: dict[str, object]) -> bytes:
    """The description as it is served."""
    return orjson.dumps(description)
