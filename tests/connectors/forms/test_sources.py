"""Leads from other systems: each by its own handshake, authentication and shape."""

import base64
import hmac
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.model.events import MessageReceived
from tests.connectors.forms.sender import SECRET, URLENCODED, Forming, forming, payload
from tests.connectors.forms.test_endpoint import facts, only

SCRIPT = Path(__file__).parents[3] / "docs/examples/google_forms.gs"
# Google's services as far as the script uses them; bytes are signed there, as in Java.
GOOGLE = """
const { createHmac } = require("node:crypto");
const Utilities = {
  Charset: { UTF_8: "utf8" },
  computeHmacSha256Signature: (value, key, charset) =>
    [...new Int8Array(createHmac("sha256", key).update(value, charset).digest())],
};
const UrlFetchApp = {
  fetch: (url, options) => {
    console.log(JSON.stringify({ url, ...options }));
    return { getResponseCode: () => 200 };
  },
};
const item = (title, answer) => ({ getItem: () => ({ getTitle: () => title }), getResponse: () => answer });
const response = {
  getId: () => "response-1",
  getRespondentEmail: () => "lead@example.org",
  getItemResponses: () => [item("Как вас зовут?", "Образец"), item("Tools", ["Mail", "CRM"])],
};
"""
CALL = "\nonFormSubmit({ response });"


def sent_by_the_script() -> dict[str, Any]:
    """The request that the shipped script makes of one response."""
    node = Path(sys.executable).with_name("node")
    source = SCRIPT.read_text("utf-8").replace("YOUR SECRET", SECRET).replace("YOUR CHANNEL", "key")
    run = subprocess.run([node, "-e", GOOGLE + source + CALL], capture_output=True, check=True, text=True, timeout=60)
    asked: dict[str, Any] = json.loads(run.stdout)
    return asked


def signed(raw: bytes, secret: str = SECRET) -> str:
    """As Typeform signs."""
    return "sha256=" + base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()


def test_signature_is_that_of_the_known_vector() -> None:
    assert signed(b'{"a":1}', "SECRET") == "sha256=42jboWN41+IzUSZmvQGW4fzGwIOUq1T7xqk5DWjoeO4="


async def test_tilda_tries_the_address_and_then_sends() -> None:
    """`test=test` makes nothing; a request that is sent again is the same; COOKIES are nobody's business."""
    async with forming() as at:
        path = f"/tilda?secret={SECRET}"
        tried = await at.post(payload("tilda_handshake.txt"), URLENCODED, path)
        assert (tried.status, tried.text, at.hub.offered) == (200, "ok", [])
        for _ in range(3):
            told = await at.post(payload("tilda_request.txt"), URLENCODED, path)
            assert (told.status, told.text) == (200, "ok")
        event = only(at)
        assert (event.sender.value, event.sender.name) == ("buyer@example.org", "Образец Покупатель")
        assert facts(event) == {"email": "buyer@example.org", "phone": "+79123456789", "utm_source": "ya"}
        assert event.text.startswith("Есть доставка?\nВ субботу.\n\nName: Образец Покупатель\n")
        assert "Input: Москва" in event.text
        assert "ym_uid" not in event.text
        assert "1234567:7654321" in event.external_id


async def test_tilda_may_show_its_key_in_a_header_or_a_field() -> None:
    """As its owner chooses there; the key is never shown to operators."""
    raw = payload("tilda_request.txt")
    async with forming() as at:
        assert (await at.post(raw, URLENCODED, "/tilda", X_Api_Key=SECRET)).status == 200
        assert (await at.post(raw + f"&api_key={SECRET}".encode(), URLENCODED, "/tilda")).status == 200
        assert SECRET not in only(at).text
        for path, more in (("/tilda", b""), ("/tilda?secret=wrong", b""), ("/tilda", b"&api_key=wrong")):
            assert (await at.post(raw + more, URLENCODED, path)).status == 401
        assert len(at.hub.offered) == 2


async def test_typeform_says_every_kind_of_answer() -> None:
    """Questions by their titles, address and phone by their types, hidden fields as campaign."""
    raw = payload("typeform_every_answer.json")
    async with forming() as at:
        told = await at.post(raw, "application/json", "/typeform", Typeform_Signature=signed(raw))
        assert (told.status, told.json) == (200, {"status": "received"})
        event = only(at)
        assert (event.sender.value, event.sender.name) == ("lead@example.org", "Sample")
        assert facts(event) == {"email": "lead@example.org", "phone": "+79123456789", "utm_source": "ya"}
        assert event.text == (
            "Hello\n\nИмя?: Sample\nWhere do we write?: lead@example.org\nWhere do we call?: +79123456789\n"
            "How many?: 42\nUrgent?: false\nRole?: Owner\nTools?: Mail, CRM, Paper\nWhen?: 2026-12-01\nSite?: https://shop.example\n"
            "Brief?: https://files.example/brief.pdf\nPayment?: amount: 10.00, name: Sample\nutm_source: ya"
        )
        assert "01EKSAMPLE" in event.external_id


async def test_typeform_is_believed_by_its_signature_over_the_raw_bytes_alone() -> None:
    """A wrong one, none, one of the same JSON written otherwise, or the bare secret."""
    raw = payload("typeform_without_hidden.json")
    async with forming() as at:
        rewritten = json.dumps(json.loads(raw)).encode()
        for body, signature in ((raw, ""), (raw, "sha256=AAAA"), (raw, signed(raw, "x")), (rewritten, signed(raw)),
                                (raw, f"sha1={signed(raw)[7:]}"), (raw, "sha256=я")):  # fmt: skip
            told = await at.post(body, "application/json", "/typeform", Typeform_Signature=signature)
            assert told.status == 401
        assert (await at.post(raw, "application/json", f"/typeform?secret={SECRET}")).status == 401
        assert at.hub.offered == []
        assert (await at.post(raw, "application/json", "/typeform", Typeform_Signature=signed(raw))).status == 200
        assert only(at).sender.name == "Sample"


@pytest.mark.parametrize("odd", [b"{}", b"[]", b'{"form_response":[]}', b'{"form_response":{"answers":[{"type":{}}]}}'])
async def test_signed_oddity_is_parked(odd: bytes) -> None:
    async with forming() as at:
        told = await at.post(odd, "application/json", "/typeform", Typeform_Signature=signed(odd))
        assert (told.status, told.json) == (200, {"status": "parked"})
        assert [one.raw for one in at.hub.parked.values()] == [odd]


async def test_contact_form_7_needs_no_mapping() -> None:
    """The names that its forms begin with are known."""
    async with forming() as at:
        raw = payload("contact_form_7.json")
        assert (await at.post(raw, "application/json", "/json", Authorization=f"Bearer {SECRET}")).status == 200
        event = only(at)
        assert (event.sender.name, event.sender.value) == ("Sample", "lead@example.org")
        assert facts(event)["phone"] == "+79123456789"
        assert event.text.startswith("Hello\n\n")
        assert "your-subject: Prices" in event.text


async def test_google_forms_send_with_our_script() -> None:
    """The shipped script, run by node on stand-ins of Google's services; a changed byte is not believed."""
    asked = sent_by_the_script()
    assert asked["url"].endswith("/hooks/forms/key/google")
    raw, signature = asked["payload"].encode(), asked["headers"]["X-Switchboard-Signature"]
    async with forming() as at:
        for _ in range(2):
            told = await at.post(raw, asked["contentType"], "/google", X_Switchboard_Signature=signature)
            assert told.status == 200
        event = only(at)
        assert event.external_id.startswith("id:response-1:")
        assert (event.sender.name, event.sender.value) == ("Образец", "lead@example.org")
        assert event.text == "email: lead@example.org\nКак вас зовут?: Образец\nTools: Mail, CRM"
        for body, shown in ((raw + b" ", signature), (raw, ""), (raw, signature.upper())):
            assert (await at.post(body, "application/json", "/google", X_Switchboard_Signature=shown)).status == 401


async def test_google_forms_may_answer_by_rows_and_not_at_all() -> None:
    """A grid is a list with nothing in the rows that were left out, one of checkboxes a list of lists."""
    raw = payload("google_forms_grids_and_nothing.json")
    signature = "sha256=" + hmac.digest(SECRET.encode(), raw, "sha256").hex()
    async with forming() as at:
        told = await at.post(raw, "application/json", "/google", X_Switchboard_Signature=signature)
        assert told.status == 200
        text = only(at).text
        for word in ("Well", "Badly", "Monday", "Friday", "1AbC"):
            assert word in text
        assert "null" not in text
        assert "None" not in text


async def test_any_json_is_mapped_by_dotted_paths() -> None:
    """Its own id, number or string, names the submission."""
    mapping = [
        {"field": "lead.who.title", "to": "name"}, {"field": "lead.contacts.0.value", "to": "phone"},
        {"field": "lead.contacts.1.value", "to": "email"}, {"field": "lead.wish", "to": "text"},
        {"field": "lead.contacts.0.type", "to": "hide"}, {"field": "lead.contacts.1.type", "to": "hide"},
        {"field": "lead.score", "to": "contact.score"},
    ]  # fmt: skip
    async with forming(mapping=mapping) as at:
        raw = payload("crm_nested.json")
        for _ in range(2):
            assert (await at.post(raw, "application/json", "/json", X_Api_Key=SECRET)).status == 200
        event = only(at)
        assert event.external_id.startswith("id:981:")
        assert facts(event) == {"email": "lead@example.org", "phone": "+79123456789", "score": "7.5"}
        assert event.text.startswith("Hello\n\nlead.who.title: Sample\n")
        assert "lead.tags: a, b\nlead.score: 7.5\nlead.vip: true" in event.text


@pytest.mark.parametrize("source", ["tilda", "typeform", "google", "json"])
async def test_without_a_secret_no_system_is_believed(source: str) -> None:
    """A secret is required, never checked only if it is there."""
    async with forming(secret=None) as at:
        told = await at.json({"message": "Hello"}, f"/{source}")
        assert (told.status, told.json["code"], at.hub.offered) == (403, "no_secret", [])
        assert (await at.json({"message": "Hello"}, "/nobody")).status == 404


def messages(at: Forming) -> list[MessageReceived]:
    """What was received, as messages."""
    return [event for event in at.hub.events if isinstance(event, MessageReceived)]


async def test_call_back_lead_asks_for_a_call() -> None:
    """Number, wanted time, page and reason, with the channel's norm, under the source's secret and once by its id."""
    lead = payload("call_back_lead.json")
    async with forming(call_back={"within_s": 30}) as at:
        assert (await at.post(lead, "application/json", "/callback")).status == 401
        for _ in range(2):
            assert (await at.post(lead, "application/json", "/callback", X_Api_Key=SECRET)).status == 200
        assert (await at.post(b"phone=none", URLENCODED, "/callback", X_Api_Key=SECRET)).status == 200
        wished, numberless = messages(at)
        assert wished.details is not None
        assert wished.details.call_back is not None
        assert wished.details.call_back.model_dump(exclude={"wanted_at"}) == {
            "phone": "+79123456789", "wanted": "18:30", "page": "https://shop.example/lamps", "reason": "Prices",
            "within_s": 30,
        }  # fmt: skip
        assert numberless.details is None


async def test_call_back_lead_may_have_numbers_and_nothing() -> None:
    """A number written as one is called; what is null is not said."""
    async with forming() as at:
        raw = payload("call_back_lead_numbers_and_nulls.json")
        for _ in range(2):
            assert (await at.post(raw, "application/json", "/callback", X_Api_Key=SECRET)).status == 200
        event = only(at)
        assert event.external_id.startswith("id:17:")
        assert event.details is not None
        assert event.details.call_back is not None
        wish = event.details.call_back
        assert (wish.phone, wish.wanted_at, wish.reason) == ("+79123456789", None, "")
        assert "null" not in event.text
        assert "None" not in event.text


async def test_form_asks_for_a_call_where_it_or_its_channel_says_so() -> None:
    """A hidden field of one form, or the channel's rule; a form of any other channel is a message alone."""
    asks = {"phone": "+7 912 345-67-89", "_call_back": "1"}
    plain = {"phone": "+7 912 345-67-80"}
    async with forming() as at:
        assert (await at.json(asks)).status == (await at.json(plain)).status == 200
        asked, other = messages(at)
        assert [bool(event.details and event.details.call_back) for event in (asked, other)] == [True, False]
        assert "_call_back" not in asked.text
    async with forming(call_back={}) as at:
        await at.json(plain)
        assert only(at).details is not None


async def test_ids_and_numbers_are_read_whatever_types_a_system_gives_them() -> None:
    """A phone and an id as numbers; null, {} and [] for nothing; a list with holes. As words it is the same."""
    raw = payload("crm_ids_and_nulls.json")
    as_words = raw.replace(b"42", b'"42"').replace(b"79161234567", b'"79161234567"')
    async with forming() as at:
        for body in (raw, raw, as_words):
            assert (await at.post(body, "application/json", "/json", X_Api_Key=SECRET)).status == 200
        event = only(at)
        sender = event.sender
        assert (sender.kind, sender.value, sender.name) == ("phone", "+79161234567", "Sample Buyer")
        assert event.external_id.startswith("id:42:")
        assert "answers.0.value: Perm" in event.text
        assert "lead.vip: true" in event.text
        assert "null" not in event.text
