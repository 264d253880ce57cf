"""The headers that every answer carries, unless its handler has set stricter ones."""

from aiohttp import hdrs, web
from multidict import istr

NONCE_PLACE = "__CSP_NONCE__"
"""Where the built pages want the nonce of their style elements (Mantine writes one for its colours)."""

RESOURCE_POLICY = istr("Cross-Origin-Resource-Policy")

API_POLICY = "default-src 'none'; frame-ancestors 'none'"


def page_policy(socket_origin: str, nonce: str | None = None) -> str:
    """The content security policy of a page: scripts from our own origin only, nothing inline.

    Style elements need the page's `nonce`. What React sets on `element.style` is no inline style for a browser.
    `socket_origin` is named because not every browser counts `ws:` as `'self'`.
    """
    style = "'self'" if nonce is None else f"'self' 'nonce-{nonce}'"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {style}",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "media-src 'self' data:",
            f"connect-src 'self' {socket_origin}",
            "manifest-src 'self'",
            "worker-src 'self'",
            "frame-src 'self'",  # mails, each under a policy of its own
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


class SecurityHeaders:
    """Puts the headers on at the last moment, so that errors and files of every route have them too."""

    def __init__(self, *, secure: bool) -> None:
        own = {
            "Content-Security-Policy": API_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            RESOURCE_POLICY: "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }
        if secure:
            own["Strict-Transport-Security"] = "max-age=31536000"
        self._headers = {istr(name): value for name, value in own.items()}

    async def add(self, request: web.Request, response: web.StreamResponse) -> None:
        """Called by aiohttp before the head of every answer is sent."""
        headers = response.headers
        headers.popall(hdrs.SERVER, None)
        if isinstance(response, web.WebSocketResponse):  # no document, and its head is kept as long as it is open
            return
        if request.path.startswith("/chat/"):  # what the widget shows on other sites; its own routes check who asks
            headers.setdefault(RESOURCE_POLICY, "cross-origin")
        for name, value in self._headers.items():
            headers.setdefault(name, value)
