"""Forms of other sites: what is posted arrives, whatever its shape, and scripts do not get in the way of people."""

import asyncio
import re

import aiohttp
import pytest

from connectors.errors import ChannelConfigError
from connectors.forms.connector import Forms
from connectors.forms.stamps import Repeats
from connectors.reasons import why
from hub.model.events import MessageReceived
from tests.connectors.doubles import NOON, HubDouble, channel_of, later
from tests.connectors.forms.sender import SITE, URLENCODED, Forming, forming, payload

PAGE = {"Accept": "text/html,application/xhtml+xml", "Origin": SITE}


def only(at: Forming) -> MessageReceived:
    """The one message that was received."""
    [event] = at.hub.events
    assert isinstance(event, MessageReceived)
    return event


def facts(event: MessageReceived) -> dict[str, str]:
    """What is learned of the contact."""
    return {field.name: field.value for field in event.sender.fields}


async def test_plain_html_form_leads_to_the_page_that_says_thanks() -> None:
    """Its fields are told by their names, and its sender by the address that they claim."""
    body = "name=Sample+Buyer&phone=8+912+345-67-89&email=Buyer%40Example.org&message=Hello%0D%0Athere&utm_source=ads"
    async with forming(thanks=f"{SITE}/thanks") as at:
        told = await at.post(body.encode(), URLENCODED, **PAGE)
        assert (told.status, told.headers["Location"]) == (303, f"{SITE}/thanks")
        event = only(at)
        sender = event.sender
        assert (sender.kind, sender.value, sender.name, sender.verified) == (
            "email", "buyer@example.org", "Sample Buyer", False,
        )  # fmt: skip
        assert facts(event) == {"email": "buyer@example.org", "phone": "+79123456789", "utm_source": "ads"}
        assert not any(field.verified for field in sender.fields)
        assert event.text == (
            "Hello\nthere\n\nname: Sample Buyer\nphone: 8 912 345-67-89\nemail: Buyer@Example.org\nutm_source: ads"
        )


async def test_files_of_a_form_come_with_its_message() -> None:
    """Multipart, with names in Russian, an unchosen file, and bytes that look like a boundary's beginning."""
    content = b"\r\n--not the boundary\r\n\x00\xff\r\n"
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("Имя", "Образец")
    form.add_field("бриф", content, filename="Бриф “1”.pdf", content_type="application/pdf")
    form.add_field("empty", b"", filename="", content_type="application/octet-stream")
    async with forming() as at:
        told = await at.post(form, Origin=SITE)
        assert (told.status, told.json) == (200, {"status": "received", "thanks": None})
        event = only(at)
        assert event.sender.name == "Образец"
        [file] = event.attachments
        assert file.name == "Бриф “1”.pdf"
        assert at.hub.files[file.id][2] == content
        assert told.headers["Access-Control-Allow-Origin"] == SITE


async def test_what_no_field_explains_is_an_open_message_with_its_content() -> None:
    """Unknown names, numbers and lists are lines that a person can read."""
    async with forming() as at:
        told = await at.json({"zzz": 7, "deep": {"er": [1, "two"], "rows": [{"a": True}]}, "none": None})
        assert told.status == 200
        event = only(at)
        assert event.text == "zzz: 7\ndeep.er: 1, two\ndeep.rows.0.a: true"
        assert event.sender.kind == "form"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", URLENCODED),
        (b"name=&phone=", URLENCODED),
        (b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\nnameless\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b"&".join(b"f%d=1" % number for number in range(401)), URLENCODED),
        (b"\xff\xfe", "application/json"),
    ],
)  # fmt: skip
async def test_body_that_cannot_be_read_is_parked_as_it_came(body: bytes, kind: str) -> None:
    """With a reason, and its sender is not bothered."""
    async with forming() as at:
        told = await at.post(body, kind)
        assert (told.status, told.json["status"]) == (200, "parked")
        [parked] = at.hub.parked.values()
        assert (parked.raw, bool(parked.reason)) == (body, True)


async def test_page_in_an_old_encoding_is_read() -> None:
    """What is not UTF-8 is Windows-1251, in Russian forms of old."""
    async with forming() as at:
        await at.post(payload("old_page_windows_1251.txt"), URLENCODED)
        assert only(at).sender.name == "Образец"
        assert only(at).text.startswith("Перезвоните")


async def test_mapping_says_what_names_do_not() -> None:
    """Fields of the contact, hidden fields, and a value that is no phone stays a line."""
    mapping = [
        {"field": "q1", "to": "text"}, {"field": "q2", "to": "contact.company"}, {"field": "q3", "to": "hide"},
        {"field": "q4", "to": "contact.phone"}, {"field": "name", "to": "card"},
    ]  # fmt: skip
    async with forming(mapping=mapping) as at:
        await at.json({"q1": "Hello", "q2": "Sample Ltd", "q3": "token", "q4": "soon", "name": "Lamp"})
        event = only(at)
        assert event.text == "Hello\n\nq2: Sample Ltd\nq4: soon\nname: Lamp"
        assert facts(event) == {"company": "Sample Ltd"}
        assert (event.sender.name, event.sender.kind) == (None, "form")


async def test_same_submission_is_joined_within_the_window_only() -> None:
    """A double click is one message; another person, other words or a later day are another."""
    async with forming(join_s=60) as at:
        asked = {"message": "Call me", "phone": "+79123456789"}
        await asyncio.gather(*(at.json(asked) for _ in range(5)))
        assert len(at.hub.events) == 1
        await at.json({**asked, "phone": "+79123456780"})
        await at.json({**asked, "message": "Call me!"})
        assert len(at.hub.events) == 3
        await at.json({"message": "Call me"}, X_Test_Address="192.0.2.1")
        await at.json({"message": "Call me"}, X_Test_Address="192.0.2.2")
        assert len(at.hub.events) == 5


def test_window_is_exact_in_one_process_and_holds_over_a_restart() -> None:
    """Within the same stretch of the clock another process gives the same name."""
    at = [0.0]
    repeats = Repeats(60, monotonic=lambda: at[0])
    first = repeats.name("d", NOON)
    at[0] = 59.0
    assert repeats.name("d", later(NOON, seconds=59)) == first
    at[0] = 61.0
    assert repeats.name("d", later(NOON, seconds=61)) != first
    assert Repeats(60).name("d", later(NOON, seconds=10)) == first
    never = Repeats(0)
    assert never.name("d", NOON) != never.name("d", NOON)


async def test_same_name_with_other_content_is_another_submission() -> None:
    """A site whose script always sends the same id loses nothing."""
    async with forming() as at:
        await at.json({"_id": "1", "message": "one"})
        await at.json({"_id": "1", "message": "two"})
        assert at.hub.texts == ["one", "two"]


async def test_trap_and_haste_are_refused_in_words() -> None:
    """A field that nobody sees, a stamp that is too fresh or not ours: a person is told what to do."""
    async with forming(fill_s=2) as at:
        assert (await at.json({"message": "Buy", "_website": "spam"})).json["code"] == "trap"
        stamp = await at.stamp()
        quick = await at.json({"message": "Hello", "_stamp": stamp})
        assert (quick.status, quick.json["code"], quick.headers["Retry-After"]) == (422, "too_quick", "2")
        assert (await at.json({"message": "Hello", "_stamp": stamp[:-1] + "!"})).json["code"] == "stamp"
        at.hub.time = later(NOON, seconds=3)
        assert (await at.json({"message": "Hello", "_stamp": stamp})).status == 200
        assert (await at.json({"message": "Hello", "_stamp": stamp})).status == 200
        assert at.hub.texts == ["Hello"]
        page = await at.post(b"message=Buy&_website=x", URLENCODED, **PAGE, Accept_Language="ru-RU")
        assert (page.status, "скрытое поле" in page.text) == (422, True)


async def test_stamp_can_be_required() -> None:
    async with forming(stamp_required=True, fill_s=0) as at:
        assert (await at.json({"message": "Hello"})).json["code"] == "stamp"
        assert (await at.json({"message": "Hello", "_stamp": await at.stamp()})).status == 200


async def test_limits_say_when_to_come_back() -> None:
    """One address, and all of them together."""
    async with forming(posts_per_minute=2, channel_posts_per_minute=3) as at:
        for number in range(2):
            assert (await at.json({"message": str(number)})).status == 200
        over = await at.json({"message": "2"}, Origin=SITE)
        assert (over.status, over.json["code"], int(over.headers["Retry-After"]) > 0) == (429, "rate", True)
        assert over.headers["Access-Control-Expose-Headers"] == "Retry-After"
        assert (await at.json({"message": "3"}, X_Test_Address="192.0.2.9")).status == 200
        assert (await at.json({"message": "4"}, X_Test_Address="192.0.2.10")).status == 429
        page = await at.post(b"message=5", URLENCODED, **PAGE)
        assert (page.status, "Wait a minute" in page.text, "Retry-After" in page.headers) == (429, True, True)


async def test_scripts_in_the_trap_leave_room_for_people_from_their_address() -> None:
    """2,000 of a bot with 20 of people among them: the people's arrive, nothing of the bot's does."""
    async with forming(posts_per_minute=20) as at:
        for number in range(2_020):
            person = number % 101 == 50
            told = await at.json({"message": f"{number}", **({} if person else {"_website": "x"})})
            assert told.status == (200 if person else 422)
        assert len(at.hub.events) == 20
        assert at.hub.parked == {}


async def test_only_pages_of_the_sites_may_post() -> None:
    """Wildcards, ports and schemes count; a program that is no page sends no origin."""
    async with forming(sites=[SITE, "https://*.wide.example"]) as at:
        for origin, status in {
            SITE: 200, "https://a.wide.example": 200, "https://wide.example": 403, "http://shop.example": 403,
            "https://shop.example:8443": 403, "https://shop.example.else.example": 403, "null": 403,
            "https://x@shop.example": 403, "http://hub.example.test": 200,
        }.items():  # fmt: skip
            told = await at.json({"message": origin}, Origin=origin)
            assert (told.status, "Access-Control-Allow-Origin" in told.headers) == (status, status == 200), origin
            assert told.headers["Vary"] == "Origin"
        told = await at.json({"message": "a program"})
        assert (told.status, told.headers["Vary"]) == (200, "Origin")  # a cache must not give a page this answer
        async with at.session.options(at.url, headers={"Origin": SITE}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == SITE
        async with at.session.options(at.url, headers={"Origin": "https://else.example"}) as answer:
            assert answer.status == 403
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_nobody_is_led_away_from_the_sites() -> None:
    """The form's own wish counts on the channel's sites only, and so does the setting."""
    async with forming() as at:
        on_site = await at.post(b"message=1&_next=https%3A%2F%2Fshop.example%2Fok", URLENCODED, **PAGE)
        assert (on_site.status, on_site.headers["Location"]) == (303, "https://shop.example/ok")
        written = await at.post("message=2&_next=https://shop.example/спасибо?a=%25".encode(), URLENCODED, **PAGE)
        assert written.headers["Location"] == "https://shop.example/%D1%81%D0%BF%D0%B0%D1%81%D0%B8%D0%B1%D0%BE?a=%"
        injected = await at.post(b"message=3&_next=https://shop.example/%0ASet-Cookie:%20a=b", URLENCODED, **PAGE)
        assert (injected.status, "Set-Cookie" in injected.headers) == (200, False)
        for wish in (
            "https://else.example/",
            "//else.example/",
            "javascript:alert(1)",
            "https://shop.example@else.example",
        ):
            away = await at.post(f"message={len(wish)}&_next={wish}".encode(), URLENCODED, **PAGE)
            assert (away.status, "Thank you" in away.text) == (200, True), wish
    with pytest.raises(ChannelConfigError, match="one of the channel's sites"):
        Forms.check(channel_of("forms", sites=[SITE], thanks="https://else.example/"))


async def test_channel_keeps_the_names_of_the_last_fields_and_no_values() -> None:
    """What they were taken for, for the mapping; a value would outlive an erasure."""
    hub = HubDouble()
    async with forming() as at:
        assert await at.connector.inspect() == []
        await at.json({"Ваше имя": "Sample", "q1": "secret words"})
        assert await at.connector.inspect() == [
            why("form_field", field="Ваше имя", target="name"),
            why("form_field", field="q1", target="card"),
        ]
    assert hub.files == {}


async def test_script_for_static_sites_is_served_to_other_sites() -> None:
    async with forming() as at, at.session.get(f"{at.url}/script.js") as answer:
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.content_type == "text/javascript"
        assert re.search(r"form\[data-switchboard\]", await answer.text())
