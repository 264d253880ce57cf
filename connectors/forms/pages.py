"""What somebody sees who has sent a plain HTML form, in Russian and English: thanks, or what to do now."""

import html
from collections.abc import Mapping

from aiohttp import web

from connectors.http import Refused

_THANKS = ("Спасибо! Мы получили ваше сообщение.", "Thank you! We have your message.")
_BACK = ("Вернитесь назад: заполненное сохранилось.", "Go back: what you filled in is still there.")
_OTHERWISE = ("Форму не удалось отправить.", "The form could not be sent.")
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "rate": ("С этого адреса пришло слишком много форм. Подождите минуту и отправьте ещё раз.",
             "Too many forms came from this address. Wait a minute, then send it again."),
    "too_quick": ("Форма отправлена слишком быстро. Подождите пару секунд и отправьте ещё раз.",
                  "The form was sent too quickly. Wait some seconds, then send it again."),
    "trap": ("Заполнено скрытое поле. Очистите его и отправьте ещё раз.",
             "A hidden field was filled in. Empty it, then send the form again."),
    "stamp": ("Обновите страницу формы и отправьте ещё раз.", "Load the page of the form again, then send it again."),
    "too_big": ("Форма или файлы слишком большие.", "The form or its files are too big."),
    "busy": ("Сейчас принимается слишком много файлов. Отправьте ещё раз через несколько секунд.",
             "Too many files are arriving. Send it again in some seconds."),
    "unavailable": ("Сейчас форму принять нельзя. Отправьте ещё раз через минуту.",
                    "The form cannot be taken right now. Send it again in a minute."),
    "origin_not_allowed": ("Этому сайту не разрешено отправлять эту форму. Сообщите об этом его владельцу.",
                           "This site may not send this form. Please tell its owner."),
}  # fmt: skip


def wants_page(request: web.Request) -> bool:
    """Whether a browser goes where the answer leads, as it does with a plain form; a script asks for JSON."""
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    return "text/html" in request.headers.get("Accept", "")


def thanks_page(request: web.Request) -> web.Response:
    """Thanks, where the channel names no page for it."""
    russian = _speaks_russian(request)
    return _page(_THANKS[0 if russian else 1], None, russian=russian)


def refusal_page(request: web.Request, refused: Refused) -> web.Response:
    """Why the form was not taken."""
    russian = _speaks_russian(request)
    place = 0 if russian else 1
    said = _REFUSALS.get(refused.code, _OTHERWISE)[place]
    return _page(said, _BACK[place], russian=russian, status=refused.status)


def _speaks_russian(request: web.Request) -> bool:
    return request.headers.get("Accept-Language", "").strip().lower().startswith("ru")


def _page(said: str, then: str | None, *, russian: bool, status: int = 200) -> web.Response:
    more = f"<p>{html.escape(then)}</p>" if then else ""
    body = (
        f'<!doctype html><html lang="{"ru" if russian else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(said)}</title><main><h1>{html.escape(said)}</h1>{more}</main></html>"
    )
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=body, status=status, content_type="text/html", charset="utf-8", headers=headers)
