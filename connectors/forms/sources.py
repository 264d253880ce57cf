"""Other systems that send leads, each with its authentication, its handshake and its shape. Pure.

Tilda: help.tilda.cc/forms/webhook (`test=test`, form-encoded, an answer within 5 s). Typeform: the documentation of its
webhooks (`Typeform-Signature`: HMAC-SHA256 of the raw body in base64). Google Forms have no webhook: they send with our
script (`docs/examples/google_forms.gs`). All else that sends JSON and a header: `json`.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import JsonValue

from connectors.errors import PayloadInvalid
from connectors.forms.bodies import FIELDS, Body, flattened, json_object, read_body, read_json, shown
from connectors.http import same_secret
from connectors.text import clean_name, clean_text

SIGNATURE = "Typeform-Signature"
OUR_SIGNATURE = "X-Switchboard-Signature"
TILDA_KEY = "api_key"
ID_FIELDS = ("submission_id", "event_id", "id")


@dataclass(frozen=True, slots=True)
class Call:
    """A request as far as it matters here. `shown` is the secret in the address or a header, if any."""

    raw: bytes
    content_type: str
    signature: str
    our_signature: str
    shown: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """One system: whether a call is its own, what its test looks like, how to read it, what it wants to hear."""

    trusted: Callable[[Call, str], bool]
    read: Callable[[Call], Body]
    hidden: frozenset[str] = frozenset()
    test: bytes | None = None
    """A body that only tries the address; nothing comes of it."""
    answer: str | None = None
    calls: bool = False
    """Whoever is reported here wants to be called."""


def _by_key(call: Call, secret: str) -> bool:
    return same_secret(call.shown, secret)


def _tilda_trusted(call: Call, secret: str) -> bool:
    """Tilda puts its API key into the address, a header or a field, as its owner chooses."""
    if _by_key(call, secret):
        return True
    try:
        return same_secret(_tilda(call).fields.get(TILDA_KEY), secret)
    except PayloadInvalid:
        return False


def _tilda(call: Call) -> Body:
    body = read_body(call.raw, call.content_type)
    return replace(body, id=body.fields.get("tranid") or None)


def _json(call: Call) -> Body:
    body = read_json(call.raw)
    return replace(body, id=next((body.fields[name] for name in ID_FIELDS if body.fields.get(name)), None))


def _lead(call: Call) -> Body:
    """A call-back lead in any of the shapes of a form."""
    body = read_body(call.raw, call.content_type)
    return replace(body, id=next((body.fields[name] for name in ID_FIELDS if body.fields.get(name)), None))


def _typeform_trusted(call: Call, secret: str) -> bool:
    kind, _, written = call.signature.partition("=")
    try:
        given = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return False
    return kind == "sha256" and hmac.compare_digest(given, hmac.digest(secret.encode(), call.raw, "sha256"))


def _script_trusted(call: Call, secret: str) -> bool:
    """Our own scripts sign the raw body: `sha256=` and 64 hex digits."""
    expected = "sha256=" + hmac.digest(secret.encode(), call.raw, "sha256").hex()
    return same_secret(call.our_signature, expected)


def _typeform(call: Call) -> Body:
    """Answers by the `ref` that the form's author gives a question, with its title as the label."""
    event = json_object(call.raw)
    response = event.get("form_response")
    if not isinstance(response, dict):
        raise PayloadInvalid("This is no response of a form.", "no_form_response")
    titles = {_text(one, "id"): _text(one, "title") for one in _items(response.get("definition"), "fields")}
    fields: dict[str, str] = {}
    labels: dict[str, str] = {}
    hints: dict[str, str] = {}
    for answer in _items(response, "answers")[:FIELDS]:
        asked = answer.get("field")
        asked = asked if isinstance(asked, dict) else {}
        name = _text(asked, "ref") or _text(asked, "id") or f"answer {len(fields) + 1}"
        fields[name] = clean_text(_answer(answer)).strip()
        labels[name] = clean_name(titles.get(_text(asked, "id"), "")) or name
        if (hint := {"email": "email", "phone_number": "phone"}.get(_text(answer, "type"))) is not None:
            hints[name] = hint
    hidden = response.get("hidden")
    for name, value in flattened(hidden) if isinstance(hidden, dict) else ():
        fields.setdefault(clean_name(name), clean_text(value).strip())
    if not any(fields.values()):
        raise PayloadInvalid("This response has no answer.", "no_fields")
    return Body(fields, labels=labels, hints=hints, id=_text(event, "event_id") or _text(response, "token") or None)


def _answer(answer: Mapping[str, JsonValue]) -> str:
    kind = _text(answer, "type")
    match answer.get(kind):
        case dict() as found if kind == "choice":
            return _text(found, "label") or _text(found, "other")
        case dict() as found if kind == "choices":
            labels: Any = found.get("labels")
            chosen = [shown(one) for one in labels] if isinstance(labels, list) else []
            return ", ".join(one for one in (*chosen, _text(found, "other")) if one)
        case None:
            return ""
        case found:
            return ", ".join(f"{name}: {value}" if name else value for name, value in flattened(found))


def _items(value: JsonValue, name: str) -> list[dict[str, JsonValue]]:
    inner = value.get(name) if isinstance(value, dict) else None
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def _text(value: Mapping[str, JsonValue], name: str) -> str:
    found = value.get(name)
    return shown(found) if isinstance(found, str | int | float) else ""


SOURCES: Mapping[str, Source] = {
    "tilda": Source(
        _tilda_trusted, _tilda, frozenset({"COOKIES", "tranid", TILDA_KEY}), test=b"test=test", answer="ok"
    ),
    "typeform": Source(_typeform_trusted, _typeform),
    "google": Source(_script_trusted, _json, frozenset(ID_FIELDS)),
    "json": Source(_by_key, _json, frozenset(ID_FIELDS)),
    "callback": Source(_by_key, _lead, frozenset(ID_FIELDS), calls=True),
}
