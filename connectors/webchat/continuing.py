"""Going on in the chat by a link of ours: a page of the hub with the widget, and the visitor that it makes known."""

import hashlib
from html import escape
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import StringConstraints, ValidationError

from connectors.errors import PayloadInvalid
from connectors.webchat.identity import Visitor
from hub.model.base import Written
from hub.model.events import ConversationStarted, Sender
from hub.model.strict_json import BadJson, parse_json

SCRIPT = Path(__file__).with_name("continue.js").read_text(encoding="utf-8")
WORDS = {
    "ru": ("Чат", "Открываем чат с вашими ответами.", "Чат не открылся. Вернитесь и нажмите ссылку ещё раз.",
           "Для чата нужен JavaScript. Можно ответить в форме."),
    "en": ("Chat", "The chat opens with your answers.", "The chat did not open. Go back and press the link again.",
           "The chat needs JavaScript. You can answer in the form."),
}  # fmt: skip


class Continued(Written):
    """The word of a link, and the token of a browser that is known already."""

    word: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    token: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^(ru|en)$")] = "en"


def read_continued(raw: bytes) -> Continued:
    """Raises `PayloadInvalid`."""
    try:
        return Continued.model_validate(parse_json(raw))
    except (BadJson, ValidationError):
        raise PayloadInvalid("This link does not work. Open it again from the form.") from None


def started(visitor: Visitor, asked: Continued) -> ConversationStarted:
    """That the visitor follows a link: the same one again is the same event."""
    kind, value = visitor.address
    name = hashlib.blake2b(f"{asked.word}:{visitor.id}".encode(), digest_size=16).hexdigest()
    return ConversationStarted(
        external_id=f"continue:{name}", payload=asked.word,
        sender=Sender(kind=kind, value=value, name=visitor.name, language=asked.language),
        text=WORDS[asked.language][0],
    )  # fmt: skip


def page(base: str, channel: str, word: str, lang: str, origin: str) -> web.Response:
    """The page, as strict as a careful site's. What does things is the script: a preview of the link does nothing."""
    title, opens, failed, scriptless = WORDS[lang]
    told = {"base": base, "channel": channel, "word": word, "locale": lang}
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in told.items())
    body = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<title>{title}</title><link rel="stylesheet" href="/static/form.css">'
        '<link rel="icon" href="/static/inbox/icon.svg">'
        f'<script src="{escape(base)}/continue.js" {data}></script></head><body><main class="over"><h1>{title}</h1>'
        f'<p>{opens}</p><p id="failed" role="alert" hidden>{failed}</p><noscript><p>{scriptless}</p></noscript>'
        "</main></body></html>"
    )
    sockets = origin.replace("http", "ws", 1)
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' data:; "
        f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=body, content_type="text/html", charset="utf-8", headers=headers)


def language(request: web.Request) -> str:
    """That of the link, else the browser's."""
    wanted = [request.query.get("lang", ""), *request.headers.get("Accept-Language", "").split(",")]
    found = (tag.strip().partition("-")[0].lower() for tag in wanted)
    return next((tag for tag in found if tag in WORDS), "en")


def same_site(origin: str | None, ours: str) -> bool:
    """Whether a page of ours asks."""
    return origin is not None and urlsplit(origin)[:2] == urlsplit(ours)[:2]
