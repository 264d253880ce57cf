"""Unsubscribing with one click (RFC 8058): the headers of what nobody asked for, and the page behind them."""

import base64
import hashlib
import hmac
import html
from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp import web

from connectors.errors import NotAccepting
from connectors.http import FORM_BYTES, answering, read_body
from hub.model.events import ContactOptedOut, Receive, Sender

ADDRESS_KIND = "email"
SIGNATURE_BYTES = 12
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
WORDS = {
    "ru": {
        "title": "Отписка от рассылки",
        "ask": "Больше не присылать письма, о которых вы не просили, на адрес {address}?",
        "button": "Отписаться",
        "done": "Готово: на адрес {address} такие письма больше не придут. На ваши вопросы мы по-прежнему ответим.",
        "bad": "Эта ссылка неполная. Откройте её ещё раз из письма.",
        "busy": "Сейчас не получилось. Попробуйте ещё раз через минуту.",
    },
    "en": {
        "title": "Unsubscribe",
        "ask": "Send no more mail that you did not ask for to {address}?",
        "button": "Unsubscribe",
        "done": "Done: no such mail goes to {address} any more. We still answer what you ask us.",
        "bad": "This link is not complete. Open it again from the mail.",
        "busy": "That did not work just now. Try again in a minute.",
    },
}


class Unsubscribing:
    """The links of one mailbox. `secret` is the channel's own, `base_url` the hub's public address."""

    def __init__(self, secret: bytes, base_url: str, key: str) -> None:
        self._secret, self._path = secret, f"/hooks/email/{key}/unsubscribe"
        self._base_url = base_url

    def headers(self, address: str) -> Sequence[tuple[str, str]]:
        """What a mail to this address bears. One click needs TLS (RFC 8058, 2); on this machine it is let pass."""
        parts = urlsplit(self._base_url)
        link = f"<{self._base_url}{self._path}/{self.token(address)}>"
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            return [("List-Unsubscribe", link)]
        return [("List-Unsubscribe", link), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]

    def token(self, address: str) -> str:
        """The address and a signature over it: nobody unsubscribes another."""
        raw = address.lower().encode()
        return base64.urlsafe_b64encode(self._signature(raw) + raw).decode().rstrip("=")

    def address(self, token: str) -> str | None:
        """The address of a token that we have signed."""
        try:
            content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            signature, raw = content[:SIGNATURE_BYTES], content[SIGNATURE_BYTES:]
            return raw.decode() if hmac.compare_digest(self._signature(raw), signature) else None
        except ValueError:  # no base64, or no text in it
            return None

    def _signature(self, raw: bytes) -> bytes:
        return hmac.digest(self._secret, b"unsubscribe:" + raw, "sha256")[:SIGNATURE_BYTES]

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """The page that asks, and what one click posts to: mail programs look at every link, so only POST acts."""

        async def ask(request: web.Request) -> web.StreamResponse:
            words, address = _words(request), self.address(request.match_info["token"])
            if address is None:
                return _page(words, html.escape(words["bad"]), status=404)
            form = f'<form method="post"><button>{html.escape(words["button"])}</button></form>'
            return _page(words, html.escape(words["ask"].format(address=address)), form)

        async def act(request: web.Request) -> web.StreamResponse:
            words, address = _words(request), self.address(request.match_info["token"])
            if address is None:
                return _page(words, html.escape(words["bad"]), status=404)
            await read_body(request, limit_bytes=FORM_BYTES)  # whatever a mail program posts: the link alone says who
            event = ContactOptedOut(
                external_id=f"unsubscribe:{hashlib.sha256(address.encode()).hexdigest()}",
                sender=Sender(kind=ADDRESS_KIND, value=address, verified=False),
            )
            try:
                await receive([event])
            except NotAccepting as error:
                page = _page(words, html.escape(words["busy"]), status=503)
                page.headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
                return page
            return _page(words, html.escape(words["done"].format(address=address)))

        path = self._path + "/{token}"
        return [web.get(path, answering(ask)), web.post(path, answering(act))]


def _words(request: web.Request) -> dict[str, str]:
    wanted = request.headers.get("Accept-Language", "").strip().lower()
    return WORDS["ru" if wanted.startswith("ru") else "en"]


def _page(words: dict[str, str], sentence: str, form: str = "", *, status: int = 200) -> web.Response:
    title = html.escape(words["title"])
    language = "ru" if words is WORDS["ru"] else "en"
    text = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>body{max-width:34rem;margin:12vh '
        "auto;padding:0 1.2rem;font:1.05rem/1.5 system-ui,sans-serif;color-scheme:light dark}button{padding:.6rem "
        "1.4rem;border:0;border-radius:.6rem;background:#2450c4;color:#fff;font:inherit;font-weight:600}</style>"
        f"<h1>{title}</h1><p>{sentence}</p>{form}</html>"
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
