"""Web chat over a real server: sockets and plain HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jsonschema  # type: ignore[import-untyped]
import jwt
import pytest

from connectors.base import Behind, Connector, OperatorRead, OperatorTyping
from connectors.webchat import socket as socket_module
from connectors.webchat.connector import WebChat
from connectors.webchat.identity import identity_key
from connectors.webchat.schema import frames_schema
from hub.model.events import MessageReceived, ReceiptReceived
from hub.model.message import Button
from tests.connectors.contract import Answer, ConnectorContract, Running
from tests.connectors.doubles import NOON, HubDouble, channel_of, later, served, until

SECRET = b"s" * 32
SCHEMA = jsonschema.Draft202012Validator(frames_schema())
SHOP = "https://shop.example.test"


class Client:
    """A browser: one HTTP session, and the channel's addresses."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self.session, self.url, self.key = session, url, key
        self.base = f"{url}/chat/v1/{key}"
        self.token: str | None = None

    async def begin(self, **body: Any) -> dict[str, Any]:
        """A session over HTTP."""
        async with self.session.post(f"{self.base}/session", json=body) as answer:
            welcome: dict[str, Any] = await answer.json()
            assert answer.status == 200, welcome
            self.token = welcome["token"]
            return welcome

    async def post(self, path: str, *, token: str | None = None, **kwargs: Any) -> tuple[int, dict[str, Any]]:
        """A request with the visitor's token."""
        shown = self.token if token is None else token
        headers = {"Authorization": f"Bearer {shown}", **kwargs.pop("headers", {})}
        async with self.session.post(f"{self.base}/{path}", headers=headers, **kwargs) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """The same to read."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.get(f"{self.base}/{path}", headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    @asynccontextmanager
    async def socket(self, **headers: str) -> AsyncIterator["Socket"]:
        """A socket that has said nothing yet."""
        address = f"{self.url}/ws/chat"
        async with self.session.ws_connect(address, params={"channel": self.key}, headers=headers) as socket:
            yield Socket(socket)


class Socket:
    """Frames, each checked against the schema."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        """Send a frame that fits the schema."""
        SCHEMA.validate(frame)
        await self.socket.send_json(frame)

    async def hear(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame (of a kind)."""
        async with asyncio.timeout(5):
            message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.socket.close_code)
        frame: dict[str, Any] = json.loads(message.data)
        SCHEMA.validate(frame)
        assert kind is None or frame["type"] == kind, frame
        return frame

    async def hello(self, token: str | None = None, **more: Any) -> dict[str, Any]:
        """Say hello; the welcome."""
        await self.say(type="hello", token=token, **more)
        return await self.hear("welcome")

    async def send(self, message_id: str, text: str = "", **more: Any) -> dict[str, Any]:
        """Send a message; the ack or nack."""
        await self.say(type="send", id=message_id, text=text, **more)
        while (frame := await self.hear())["type"] not in ("ack", "nack"):
            pass
        return frame

    async def closed(self) -> int | None:
        """The close code, once the other side has closed."""
        async with asyncio.timeout(5):
            while not (await self.socket.receive()).type.name.startswith("CLOS"):
                pass
        return self.socket.close_code


class WebChatService:
    """A visitor without sockets, for the contract."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def say(self, message_id: str, text: str) -> Answer:
        return await self.say_raw(json.dumps({"id": message_id, "text": text}).encode())

    async def say_raw(self, raw: bytes) -> Answer:
        if self.client.token is None:
            await self.client.begin()
        headers = {"Content-Type": "application/json"}
        status, answer = await self.client.post("messages", data=raw, headers=headers)
        if status == 200:
            return Answer("accepted", answer["position"])
        assert answer["code"], answer
        return Answer("later" if status == 503 else "refused")

    async def say_as_stranger(self) -> Answer:
        body = {"id": "message-0001", "text": "Hello"}
        status, _ = await self.client.post("messages", token="e30.forged", json=body)
        return Answer("refused" if status == 401 else "accepted")


class TestWebChat(ConnectorContract):
    """The contract."""

    kind = "webchat"
    unreadable = "refused"
    body_limit = 256 * 1024

    @asynccontextmanager
    async def service(self, connector: Connector, url: str) -> AsyncIterator[WebChatService]:
        async with aiohttp.ClientSession() as session:
            yield WebChatService(Client(session, url, connector.channel.key))

    def raw(self, message_id: str, text: str) -> bytes:
        return json.dumps({"type": "send", "id": message_id, "text": text}).encode()


@asynccontextmanager
async def at_work(**settings: Any) -> AsyncIterator[tuple[HubDouble, Client]]:
    """A channel and a browser."""
    async with TestWebChat().running(**settings) as at:
        yield at.hub, _client(at)


def _client(at: Running) -> Client:
    assert isinstance(at.service, WebChatService)
    return at.service.client


# The session ---------------------------------------------------------------------------------------------------------


async def test_opening_the_chat_stores_nothing() -> None:
    """A hello gives a token and the looks; no event reaches the hub."""
    async with at_work(title="Ask us", accent="#112233") as (hub, client), client.socket() as socket:
        welcome = await socket.hello(language="ru", page={"url": SHOP})
        assert welcome["conversation"] is False
        assert (welcome["position"], welcome["messages"], welcome["more"], welcome["online"]) == (0, [], False, True)
        assert (welcome["config"]["title"], welcome["config"]["accent"]) == ("Ask us", "#112233")
        assert hub.offered == []
        assert hub.threads_of == {}


async def test_a_visitor_and_an_operator_talk() -> None:
    """Messages go both ways; notes are not shown; own messages come back as an ack only."""
    async with at_work() as (hub, client), client.socket() as socket:
        await socket.hello()
        ack = await socket.send("message-0001", "Hello")
        assert (ack["type"], ack["id"], ack["position"]) == ("ack", "message-0001", 1)
        await until(lambda: hub.subscribers.get(hub.only_thread))
        hub.reply(hub.only_thread, "Secret", note=True)
        hub.reply(hub.only_thread, "Welcome", buttons=[Button(label="Yes", value="y")])
        shown = await socket.hear("message")
        assert (shown["position"], shown["author"], shown["name"]) == (3, "operator", "Demo Operator")
        assert shown["buttons"] == [{"label": "Yes", "value": "y"}]
        assert (await socket.send("message-0002", button="y"))["position"] == 4
        [_, pressed] = hub.events
        assert isinstance(pressed, MessageReceived)
        assert pressed.button == "y"


async def test_a_repeated_id_gets_the_same_ack() -> None:
    """Also over another socket and over HTTP."""
    async with at_work() as (hub, client):
        async with client.socket() as socket:
            client.token = (await socket.hello())["token"]
            first = await socket.send("message-0001", "Hello")
        async with client.socket() as socket:
            await socket.hello(client.token)
            assert await socket.send("message-0001", "Hello") == first
        assert await client.post("messages", json={"id": "message-0001", "text": "Hello"}) == (200, first)
        assert hub.texts == ["Hello"]


async def test_two_visitors_may_choose_the_same_id() -> None:
    """An id is unique per visitor."""
    async with at_work() as (hub, client):
        for text in ("one", "two"):
            await client.begin()
            assert (await client.post("messages", json={"id": "message-0001", "text": text}))[0] == 200
        assert hub.texts == ["one", "two"]


async def test_a_reconnect_resumes_where_it_was() -> None:
    """What was said meanwhile comes with the welcome, once, and what follows comes live."""
    async with at_work() as (hub, client):
        async with client.socket() as socket:
            token = (await socket.hello())["token"]
            await socket.send("message-0001", "Hello")
        hub.reply(hub.only_thread, "Are you there?")
        async with client.socket() as socket:
            welcome = await socket.hello(token, position=1)
            assert welcome["conversation"] is True
            assert [one["text"] for one in welcome["messages"]] == ["Are you there?"]
            assert welcome["position"] == 2
            await until(lambda: hub.subscribers.get(hub.only_thread))
            hub.reply(hub.only_thread, "Hm.")
            assert (await socket.hear("message"))["position"] == 3


async def test_another_tab_sees_what_this_one_sent() -> None:
    """The same visitor on two sockets."""
    async with at_work() as (hub, client), client.socket() as one, client.socket() as other:
        token = (await one.hello())["token"]
        await one.send("message-0001", "Hello")
        await other.hello(token, position=1)
        await until(lambda: len(hub.subscribers.get(hub.only_thread, ())) == 2)
        await one.send("message-0002", "Still here")
        shown = await other.hear("message")
        assert (shown["id"], shown["author"], shown["text"]) == ("message-0002", "you", "Still here")


async def test_a_long_history_comes_in_pieces() -> None:
    """`more` says that there is more; hello with the new position goes on, without a gap and without an end missing."""
    async with at_work() as (hub, client):
        token = (await client.begin())["token"]
        await client.post("messages", json={"id": "message-0001", "text": "Hello"})
        for number in range(250):
            hub.reply(hub.only_thread, str(number))
        async with client.socket() as socket:
            welcome = await socket.hello(token)
            positions = [one["position"] for one in welcome["messages"]]
            while welcome["more"]:
                welcome = await socket.hello(token, position=positions[-1])
                positions += [one["position"] for one in welcome["messages"]]
        assert positions == list(range(1, 252))
        _, page = await client.get("messages?after=200")
        assert [one["position"] for one in page["items"]] == list(range(201, 252))
        assert page["more"] is False


async def test_positions_ascend_over_a_new_conversation() -> None:
    """When the hub starts a new conversation, its messages come after those of the old one."""
    async with at_work() as (hub, client), client.socket() as socket:
        token = (await socket.hello())["token"]
        first = await socket.send("message-0001", "Hello")
        hub.start_anew = True
        second = await socket.send("message-0002", "Me again")
        assert second["position"] > first["position"]
        thread = list(hub.messages)[-1]
        await until(lambda: hub.subscribers.get(thread))
        hub.reply(thread, "Welcome back")
        last = await socket.hear("message")
        assert last["position"] == second["position"] + 1
        async with client.socket() as other:
            welcome = await other.hello(token, position=first["position"])
            assert [one["text"] for one in welcome["messages"]] == ["Me again", "Welcome back"]


async def test_missed_changes_end_in_a_reload() -> None:
    """Never a silent gap."""
    async with at_work() as (hub, client), client.socket() as socket:
        token = (await socket.hello())["token"]
        await socket.send("message-0001", "Hello")
        await until(lambda: hub.subscribers.get(hub.only_thread))
        hub.tell(hub.only_thread, Behind())
        await socket.hear("reload")
        hub.reply(hub.only_thread, "Missed")
        welcome = await socket.hello(token, position=1)
        assert [one["text"] for one in welcome["messages"]] == ["Missed"]


async def test_typing_and_read_marks_go_both_ways() -> None:
    """Each side sees that the other writes and has read."""
    async with at_work() as (hub, client), client.socket() as socket:
        await socket.hello()
        await socket.say(type="typing")  # nobody to tell yet
        await socket.send("message-0001", "Hello")
        await until(lambda: hub.subscribers.get(hub.only_thread))
        hub.tell(hub.only_thread, OperatorTyping("Demo Operator"))
        assert (await socket.hear())["name"] == "Demo Operator"
        hub.tell(hub.only_thread, OperatorRead(1))
        assert await socket.hear() == {"type": "read", "position": 1}
        await socket.say(type="typing")
        await until(lambda: hub.typed == [hub.only_thread])
        hub.reply(hub.only_thread, "Welcome")
        await socket.hear("message")
        await socket.say(type="read", position=2)
        await until(lambda: len(hub.events) == 2)
        receipt = hub.events[-1]
        assert isinstance(receipt, ReceiptReceived)
        assert receipt.up_to_position == 2


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ('{"type": "send"', 1007),
        ('{"type": "unknown"}', 1007),
        ('{"type": "pong", "role": "admin"}', 1007),
        ('{"type": "read", "position": "1"}', 1007),
        ('{"type": "read", "position": -1}', 1007),
        (" " * 70_000, 1009),
    ],
)
async def test_a_bad_frame_ends_the_socket(raw: str, code: int) -> None:
    """With the close code for it."""
    async with at_work() as (hub, client), client.socket() as socket:
        await socket.hello()
        await socket.socket.send_str(raw)
        assert await socket.closed() == code
        assert hub.offered == []


async def test_the_first_frame_is_a_hello() -> None:
    """Anything else ends the socket, and so does silence."""
    async with at_work() as (_, client), client.socket() as socket:
        await socket.say(type="pong")
        assert await socket.closed() == 1008


async def test_a_socket_without_a_hello_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not held for nothing."""
    monkeypatch.setattr(socket_module, "HELLO_WITHIN_S", 0.05)
    async with at_work() as (_, client), client.socket() as socket:
        assert await socket.closed() == 1008


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"text": "x" * 11}, "too_long"),
        ({"text": " \n"}, "empty"),
        ({"text": "see", "attachments": ["0" * 32]}, "attachment_unknown"),
    ],
)
async def test_a_message_that_cannot_be_is_refused_with_a_reason(message: dict[str, Any], code: str) -> None:
    """The visitor sees why; the socket stays; over HTTP it is a 400."""
    async with at_work(text_limit=10) as (hub, client), client.socket() as socket:
        client.token = (await socket.hello())["token"]
        assert (await socket.send("message-0001", **message))["code"] == code
        status, problem = await client.post("messages", json={"id": "message-0001", **message})
        assert (status, problem["code"]) == (400, code)
        assert (await socket.send("message-0001", "fine"))["type"] == "ack"
        assert hub.texts == ["fine"]


async def test_a_busy_hub_is_said_to_be_busy() -> None:
    """With the seconds to wait."""
    async with at_work() as (hub, client), client.socket() as socket:
        await socket.hello()
        hub.accepting = False
        nack = await socket.send("message-0001", "Hello")
        assert (nack["code"], nack["retry_after_s"]) == ("busy", 7)


async def test_too_many_messages_are_refused_with_the_time_left() -> None:
    """Per visitor; another visitor from the same address writes on."""
    async with at_work(limits={"messages_per_minute": 2}) as (hub, client):
        token = (await client.begin())["token"]
        for number in range(2):
            await client.post("messages", json={"id": f"message-{number:04}", "text": "Hello"})
        body = {"id": "message-0009", "text": "Hello"}
        headers = {"Authorization": f"Bearer {token}"}
        async with client.session.post(f"{client.base}/messages", json=body, headers=headers) as answer:
            assert answer.status == 429
            assert 1 <= int(answer.headers["Retry-After"]) <= 30
        await client.begin()
        assert (await client.post("messages", json=body))[0] == 200
        assert len(hub.texts) == 3


async def test_an_address_limits_only_newcomers() -> None:
    """Who has a token gets in, whatever others behind the same address do."""
    async with at_work(limits={"visitors_per_address_minute": 2}) as (_, client):
        token = (await client.begin())["token"]
        await client.begin()
        async with client.session.post(f"{client.base}/session", json={}) as answer:
            assert answer.status == 429
        assert (await client.begin(token=token))["token"]
        elsewhere = {"X-Test-Address": "198.51.100.7"}
        async with client.session.post(f"{client.base}/session", json={}, headers=elsewhere) as answer:
            assert answer.status == 200


async def test_too_many_frames_end_the_socket() -> None:
    """Twenty in ten seconds."""
    async with at_work() as (_, client), client.socket() as socket:
        await socket.hello()
        for _ in range(25):
            await socket.socket.send_json({"type": "pong"})
        assert await socket.closed() == 1008


async def test_a_visitor_has_at_most_five_sockets() -> None:
    """The sixth is asked to try later; somebody else gets in."""
    async with at_work(limits={"sockets_per_visitor": 2}) as (_, client):
        async with client.socket() as one, client.socket() as two, client.socket() as three:
            token = (await one.hello())["token"]
            await two.hello(token)
            await three.say(type="hello", token=token)
            assert await three.closed() == 1013
            async with client.socket() as other:
                await other.hello()
        async with client.socket() as again:
            await again.hello(token)


async def test_pages_of_other_domains_are_refused() -> None:
    """On the socket and over HTTP; allowed ones may read the answers."""
    async with at_work(allowed_domains=["shop.example.test", "*.sample.test"]) as (_, client):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            async with client.socket(Origin="https://evil.example.test"):
                pass
        assert caught.value.status == 403
        for origin, status in (
            (SHOP, 200),
            ("https://a.sample.test", 200),
            ("https://sample.test", 403),
            ("null", 403),
        ):
            async with client.session.post(f"{client.base}/session", json={}, headers={"Origin": origin}) as answer:
                assert (origin, answer.status) == (origin, status)
                assert answer.headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)
        async with client.session.options(f"{client.base}/messages", headers={"Origin": SHOP}) as answer:
            assert answer.status == 204
            assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        async with client.socket(Origin=SHOP) as socket:
            await socket.hello()


async def test_the_channel_is_named_by_its_key() -> None:
    """Another key is no channel."""
    async with at_work() as (_, client):
        for query in ({}, {"channel": "other"}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                async with client.session.ws_connect(f"{client.url}/ws/chat", params=query):
                    pass
            assert caught.value.status == 404


@pytest.mark.parametrize("token", ["", "x", "e30.", "a.b.c", "\u044f.\u044f", "=" * 3_000])
async def test_a_token_we_did_not_make_is_a_new_visitor(token: str) -> None:
    """Nobody's history is shown for it."""
    async with at_work() as (_, client):
        if len(token) <= 2_048:
            assert (await client.begin(token=token))["conversation"] is False
        written = token.encode("ascii", "replace").decode()
        status, _ = await client.post("messages", token=written, json={"id": "message-0001", "text": "Hello"})
        assert status == 401


async def test_a_changed_token_does_not_count() -> None:
    """Whichever character is changed."""
    async with at_work() as (_, client):
        token = (await client.begin())["token"]
        for index in range(0, len(token), 7):
            forged = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
            status, _ = await client.post("messages", token=forged, json={"id": "message-0001", "text": "x"})
            assert status == 401


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


# Staying connected ---------------------------------------------------------------------------------------------------


async def test_a_closing_channel_asks_visitors_to_come_back() -> None:
    """With 1012, so that clients know it is no refusal."""
    hub = HubDouble()
    connector = WebChat(channel_of("webchat"), hub.services())
    async with served(connector, hub) as url, aiohttp.ClientSession() as session:
        client = Client(session, url, connector.channel.key)
        async with client.socket() as socket:
            await socket.hello()
            async with asyncio.TaskGroup() as group:
                closing = group.create_task(socket.closed())
                await connector.close()
            assert closing.result() == 1012


async def test_silent_sockets_are_closed_and_business_hours_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ping now and then; no sign of life, no socket."""
    monkeypatch.setattr("connectors.webchat.connector.HEARTBEAT_S", 0.05)
    monkeypatch.setattr("connectors.webchat.connector.SILENCE_S", 0.3)
    hub = HubDouble()
    hours = [{"days": [3], "opens": "09:00", "closes": "18:00"}]
    connector = WebChat(channel_of("webchat", hours=hours), hub.services())
    async with served(connector, hub) as url, aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        beating = group.create_task(connector.listen(hub.receive))
        async with Client(session, url, connector.channel.key).socket() as socket:
            await socket.hello()
            await socket.hear("ping")
            await socket.say(type="pong")
            hub.time = NOON.replace(hour=20)
            while (frame := await socket.hear())["type"] == "ping":
                pass
            assert frame == {"type": "online", "online": False}
            assert await socket.closed() == 1001
        beating.cancel()


async def test_a_visitor_who_reads_nothing_is_told_to_read_again() -> None:
    """What waits for a slow socket is bounded, and what was dropped is not dropped silently."""
    async with at_work() as (hub, client), client.socket() as socket:
        token = (await socket.hello())["token"]
        await socket.send("message-0001", "Hello")
        await until(lambda: hub.subscribers.get(hub.only_thread))
        for _ in range(socket_module.QUEUE_FRAMES * 3):
            hub.reply(hub.only_thread, "x" * 3_000)
        positions = [1]
        while (frame := await socket.hear())["type"] != "reload":
            positions.append(frame["position"])
        assert positions == list(range(1, len(positions) + 1))
        welcome = await socket.hello(token, position=positions[-1])
        assert welcome["messages"][0]["position"] == positions[-1] + 1
