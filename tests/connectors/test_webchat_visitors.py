"""Web chat: forms, identities and files of visitors."""

from typing import Any

import jwt
import pytest

from connectors.webchat.identity import identity_key
from hub.model.events import MessageReceived
from tests.connectors.doubles import NOON, HubDouble, later
from tests.connectors.visitor import SECRET, SHOP, at_work

# Forms ---------------------------------------------------------------------------------------------------------------

FORM = [
    {"name": "name", "label": "Name", "required": True},
    {"name": "phone", "label": "Phone", "type": "phone", "required": True},
    {"name": "topic", "label": "Topic", "type": "choice", "choices": ["Price", "Repair"]},
]


async def test_the_form_comes_before_the_first_message() -> None:
    """Missing and wrong fields are named; values arrive in their usual form; later messages need no form."""
    async with at_work(prechat=FORM) as (hub, client), client.socket() as socket:
        welcome = await socket.hello()
        assert [field["name"] for field in welcome["config"]["prechat"]] == ["name", "phone", "topic"]
        nack = await socket.send("message-0001", "Hello")
        assert (nack["code"], nack["extra"]) == ("form_invalid", {"fields": {"name": "required", "phone": "required"}})
        wrong = {"name": "Sample", "phone": "12", "topic": "Other"}
        nack = await socket.send("message-0001", "Hello", form=wrong)
        assert nack["extra"] == {"fields": {"phone": "invalid", "topic": "invalid"}}
        form = {"name": "Sample Customer 3", "phone": "8 (912) 345-67-89", "topic": "Price", "plan": "gold"}
        assert (await socket.send("message-0001", "Hello", form=form))["type"] == "ack"
        assert (await socket.send("message-0002", "More"))["type"] == "ack"
        event = hub.events[0]
        assert isinstance(event, MessageReceived)
        assert event.sender.name == "Sample Customer 3"
        assert {field.name: field.value for field in event.sender.fields} == {
            "phone": "+79123456789", "topic": "Price", "plan": "gold",
        }  # fmt: skip
        assert not any(field.verified for field in event.sender.fields)


async def test_what_the_page_tells_later_comes_with_the_next_message() -> None:
    """Wrong values of it are left out: there is no form in which the visitor could put them right."""
    async with at_work(prechat=FORM) as (hub, client), client.socket() as socket:
        await socket.hello()
        form = {"name": "Sample Customer 4", "phone": "8 (912) 345-67-89"}
        assert (await socket.send("message-0001", "Hello", form=form))["type"] == "ack"
        later = {"phone": "12", "topic": "Repair", "order": "A-17"}
        assert (await socket.send("message-0002", "More", form=later))["type"] == "ack"
        event = hub.events[1]
        assert isinstance(event, MessageReceived)
        assert {field.name: field.value for field in event.sender.fields} == {"topic": "Repair", "order": "A-17"}


async def test_outside_business_hours_the_form_asks_for_an_address() -> None:
    """By the channel's time zone; inside the hours it does not."""
    hours = [{"days": [3], "opens": "09:00", "closes": "18:00"}]
    settings: dict[str, Any] = {"hours": hours, "time_zone": "Europe/Moscow", "offline_form": True}
    async with at_work(**settings) as (hub, client):
        assert (await client.begin())["online"] is True  # noon in UTC is 15:00 in Moscow
        hub.time = NOON.replace(hour=15)
        welcome = await client.begin()
        assert (welcome["online"], [field["name"] for field in welcome["config"]["prechat"]]) == (False, ["email"])
        status, problem = await client.post("messages", json={"id": "message-0001", "text": "Hello"})
        assert (status, problem["code"], problem["extra"]) == (400, "form_invalid", {"fields": {"email": "required"}})
        body = {"id": "message-0001", "text": "Hello", "form": {"email": "sample@example.test"}}
        assert (await client.post("messages", json=body))[0] == 200


async def test_the_page_is_kept_only_with_the_setting() -> None:
    """And then without what stands behind the path."""
    page = {"url": f"{SHOP}/boots?session=1#x", "title": "Boots", "referrer": "javascript:alert(1)"}
    for keep, expected in ((False, {}), (True, {"page": f"{SHOP}/boots"})):
        async with at_work(keep_page=keep) as (hub, client), client.socket() as socket:
            await socket.hello(page=page)
            await socket.send("message-0001", "Hello")
            [event] = hub.events
            assert isinstance(event, MessageReceived)
            assert {field.name: field.value for field in event.sender.fields} == expected


# Identity ------------------------------------------------------------------------------------------------------------


def _signed(user: object = "user-7", *, key: str | None = None, lasts_s: float = 300, **more: Any) -> str:
    claims = {"sub": user, "exp": int(NOON.timestamp() + lasts_s), "iat": int(NOON.timestamp()), **more}
    return jwt.encode(claims, key or identity_key(SECRET, 1), algorithm="HS256")


async def test_a_signed_visitor_finds_the_history_on_another_device() -> None:
    """The contact is the page's user, not the browser."""
    async with at_work() as (hub, client):
        await client.begin(identity=_signed(name="Sample Customer 3"))
        await client.post("messages", json={"id": "message-0001", "text": "From my phone"})
        [event] = hub.events
        assert isinstance(event, MessageReceived)
        assert (event.sender.kind, event.sender.value, event.sender.verified) == ("webchat-user", "user-7", True)
        assert event.sender.name == "Sample Customer 3"
        welcome = await client.begin(identity=_signed())
        assert [one["text"] for one in welcome["messages"]] == ["From my phone"]
        assert (await client.begin(identity=_signed("user-8")))["messages"] == []


async def test_an_unsigned_claim_shows_nothing() -> None:
    """An e-mail address or a user id that was merely typed in merges nobody."""
    async with at_work() as (hub, client):
        await client.begin(identity=_signed())
        await client.post("messages", json={"id": "message-0001", "text": "Private"})
        await client.begin()
        body = {"id": "message-0002", "text": "Me too", "form": {"user": "user-7", "email": "user-7@example.test"}}
        await client.post("messages", json=body)
        assert len(hub.threads_of) == 2


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        (_signed(key="0" * 64), "identity_invalid"),
        (_signed(key=identity_key(b"t" * 32, 1)), "identity_invalid"),
        (_signed(lasts_s=-61), "identity_expired"),
        (_signed(iat=int(NOON.timestamp()) - 90_000, lasts_s=10**6), "identity_expired"),
        (_signed(exp="soon"), "identity_invalid"),
        (_signed(7), "identity_invalid"),
        (_signed(""), "identity_invalid"),
        (jwt.encode({"sub": "user-7"}, identity_key(SECRET, 1), algorithm="HS256"), "identity_invalid"),
        (jwt.encode({"sub": "user-7", "exp": 2**40}, "", algorithm="none"), "identity_invalid"),
        ("not.a.jwt", "identity_invalid"),
        ("\u044f", "identity_invalid"),
    ],
)
async def test_a_forged_or_old_identity_is_refused_everywhere(identity: str, code: str) -> None:
    """Over HTTP and on the socket, with and without a token."""
    async with at_work() as (_, client):
        token = (await client.begin())["token"]
        for known in (None, token):
            body = {"identity": identity, "token": known}
            async with client.session.post(f"{client.base}/session", json=body) as answer:
                assert (answer.status, (await answer.json(content_type=None))["code"]) == (401, code)
            async with client.socket() as socket:
                await socket.say(type="hello", token=known, identity=identity)
                assert await socket.closed() == 1008


async def test_a_signed_visitor_may_reconnect_after_the_identity_ran_out() -> None:
    """The token says the same for a day; then the page has to sign again."""
    async with at_work() as (hub, client):
        identity = _signed()
        token = (await client.begin(identity=identity))["token"]
        await client.post("messages", json={"id": "message-0001", "text": "Hello"})
        hub.time = later(NOON, hours=2)
        assert (await client.begin(token=token, identity=identity))["conversation"] is True
        hub.time = later(NOON, hours=25)
        assert (await client.begin(token=token))["conversation"] is False


async def test_another_user_on_the_same_browser_starts_anew() -> None:
    """Nothing of the person before is shown, nor their files taken."""
    async with at_work() as (_, client):
        token = (await client.begin(identity=_signed()))["token"]
        _, file = await client.post("attachments?name=a.txt", data=b"mine")
        welcome = await client.begin(token=token, identity=_signed("user-8"))
        assert welcome["conversation"] is False
        status, _ = await client.post("messages", json={"id": "message-0001", "attachments": [file["id"]]})
        assert status == 400


async def test_a_channel_for_signed_visitors_refuses_others() -> None:
    """On every call, also those who came before the channel was closed to them."""
    async with at_work() as (_, client):  # the doubles give every channel the same secret
        before = (await client.begin())["token"]
    async with at_work(identity_required=True) as (_, client):
        for token in (None, before):
            async with client.session.post(f"{client.base}/session", json={"token": token}) as answer:
                assert answer.status == 401
        assert (await client.post("messages", token=before, json={"id": "message-0001", "text": "Hello"}))[0] == 401
        async with client.socket() as socket:
            await socket.say(type="hello")
            assert await socket.closed() == 1008
        await client.begin(identity=_signed())
        assert (await client.post("messages", json={"id": "message-0001", "text": "Hello"}))[0] == 200


async def test_a_new_key_ends_the_old_one() -> None:
    """Unless the channel lets both work for a while."""
    async with at_work(identity_generation=2, identity_accept_previous=True) as (_, client):
        await client.begin(identity=_signed())
        await client.begin(identity=_signed(key=identity_key(SECRET, 2)))
    async with at_work(identity_generation=2) as (_, client):
        async with client.session.post(f"{client.base}/session", json={"identity": _signed()}) as answer:
            assert answer.status == 401


# Files ---------------------------------------------------------------------------------------------------------------


async def test_a_file_goes_with_a_message_and_can_be_opened() -> None:
    """By a signed link, as a download that nothing in it can run."""
    async with at_work() as (hub, client), client.socket() as socket:
        client.token = (await socket.hello())["token"]
        status, file = await client.post("attachments?name=%D0%BF%D0%BB%D0%B0%D0%BD.txt", data=b"<script>")
        assert (status, file["name"], file["size_bytes"]) == (201, "план.txt", 8)
        assert (await socket.send("message-0001", attachments=[file["id"]]))["type"] == "ack"
        assert (await socket.send("message-0001", attachments=[file["id"]]))["type"] == "ack"
        _, page = await client.get("messages?after=0")
        [shown] = page["items"][0]["attachments"]
        link = shown["url"].replace("http://hub.example.test", client.url)
        async with client.session.get(link) as answer:
            assert (answer.status, await answer.read()) == (200, b"<script>")
            assert answer.headers["Content-Disposition"].startswith("attachment;")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        forged = link[:-2] + ("AA" if not link.endswith("AA") else "BB")
        for bad in (link.partition("?")[0], forged, link.replace(file["id"], "0" * 32)):
            async with client.session.get(bad) as answer:
                assert answer.status == 403
        hub.time = later(NOON, hours=25)
        async with client.session.get(link) as answer:
            assert answer.status == 403


async def test_a_file_of_another_visitor_cannot_be_sent() -> None:
    """Knowing its id is not enough."""
    async with at_work() as (_, client):
        await client.begin()
        _, file = await client.post("attachments?name=a.txt", data=b"mine")
        await client.begin()
        status, problem = await client.post("messages", json={"id": "message-0001", "attachments": [file["id"]]})
        assert (status, problem["code"]) == (400, "attachment_unknown")


async def test_uploads_have_bounds() -> None:
    """Size, number, nothing empty, a token, and a switch."""
    async with at_work(upload_bytes=100, limits={"uploads_per_hour": 3}) as (hub, client):
        await client.begin()
        assert (await client.post("attachments?name=a", data=b"x" * 101))[0] == 413
        assert (await client.post("attachments?name=a", data=b""))[0] == 400
        assert (await client.post("attachments?name=a", token="x", data=b"x"))[0] == 401
        assert (await client.post("attachments?name=a", data=b"x"))[0] == 201
        assert (await client.post("attachments?name=a", data=b"x"))[0] == 429
        assert len(hub.files) == 1
    async with at_work(uploads=False) as (_, client):
        await client.begin()
        assert (await client.post("attachments?name=a", data=b"x"))[0] == 403


# Going on elsewhere --------------------------------------------------------------------------------------------------


class Messenger:
    """A messenger of the project, into which visitors who have written are invited."""

    def address(self, word: str) -> str | None:
        return f"https://t.me/sample?start={word}"

    def __init__(self, hub: HubDouble) -> None:
        self._hub = hub

    async def word(self, kind: str, value: str) -> str | None:
        return "c0ffee" if (kind, value) in self._hub.threads_of else None


async def test_a_visitor_who_has_written_is_invited_elsewhere() -> None:
    """After the first message, in their language, with the address of a picture of the link; not where it is off."""
    hub = HubDouble()
    hub.invitations = Messenger(hub)
    async with at_work(hub=hub) as (_, client), client.socket() as socket:
        welcome = await socket.hello(language="ru")
        assert welcome["config"]["elsewhere"] is None
        assert (await socket.send("message-0001", "Hello"))["type"] == "ack"
        while (await socket.hear())["type"] != "reload":
            pass
        invited = (await socket.hello(welcome["token"], language="ru"))["config"]["elsewhere"]
        assert (invited["label"], invited["url"]) == ("Продолжить в Telegram", "https://t.me/sample?start=c0ffee")
        async with client.session.get(f"{client.url}/{invited['qr']}") as answer:
            assert (answer.status, answer.content_type) == (200, "image/svg+xml")
            assert (await answer.text()).startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        async with client.session.get(f"{client.url}/{invited['qr']}%2F..") as answer:
            assert answer.status == 404
    async with at_work(hub=hub, elsewhere=False) as (_, client):
        welcome = await client.begin()
        await client.post("messages", json={"id": "message-0001", "text": "Hello"})
        assert (await client.begin(token=welcome["token"]))["config"]["elsewhere"] is None
        async with client.session.get(f"{client.base}/qr/c0ffee") as answer:
            assert answer.status == 404
