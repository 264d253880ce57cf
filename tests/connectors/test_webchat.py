"""Web chat over a real server: sockets and plain HTTP."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from connectors.lent import Behind, OperatorRead, OperatorTyping
from connectors.webchat import socket as socket_module
from connectors.webchat.connector import WebChat
from connectors.webchat.identity import Identity, Visitor
from connectors.webchat.render import Ack, acknowledgement
from hub.model.events import MessageReceived, ReceiptReceived
from hub.model.message import Button
from tests.connectors.doubles import NOON, HubDouble, channel_of, served, until
from tests.connectors.visitor import SHOP, Client, WebChatContract, at_work


class TestWebChat(WebChatContract):
    """The contract."""


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


def test_ack_is_written_as_the_schema_of_frames_says() -> None:
    """It has a way of its own over HTTP."""
    ack = Ack(id="message-0001", position=7, at=NOON)
    assert acknowledgement(ack) == ack.model_dump_json().encode()


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
        assert receipt.conversation


async def test_message_tells_what_was_read_before_it_was_begun() -> None:
    """So that a text begun before the bot's question was read is not taken for its answer."""
    async with at_work() as (hub, client), client.socket() as socket:
        await socket.hello()
        await socket.send("message-0001", "Hello")
        await until(lambda: hub.subscribers.get(hub.only_thread))
        hub.reply(hub.only_thread, "Your name?")
        await socket.hear("message")
        await socket.say(type="read", position=2)
        await socket.say(type="typing")
        await socket.send("message-0002", "Ann")
        hub.reply(hub.only_thread, "Your company?")
        await socket.hear("message")
        await socket.say(type="typing")
        await socket.say(type="read", position=4)
        await socket.send("message-0003", "of Sample Street")
        await socket.send("message-0004", "Sample Ltd")
        said = [event for event in hub.events if isinstance(event, MessageReceived)]
        assert [event.seen for event in said] == [None, 2, 2, 4]


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


async def test_what_was_sent_behind_a_refused_message_does_not_overtake_it() -> None:
    """A client may send on without waiting: what comes behind is refused too, until the first comes again."""
    async with at_work() as (hub, client), client.socket() as socket:
        await socket.hello()
        hub.accepting = False
        assert (await socket.send("message-0001", "one"))["code"] == "busy"
        hub.accepting = True
        assert (await socket.send("message-0002", "two"))["code"] == "busy"
        assert (await socket.send("message-0001", "one"))["type"] == "ack"
        assert (await socket.send("message-0002", "two"))["type"] == "ack"
        assert hub.texts == ["one", "two"]


async def test_who_gives_up_a_refused_message_writes_on() -> None:
    """Once the refused one might have come again, the next is taken; and at once after a hello."""
    async with at_work() as (hub, client), client.socket() as socket:
        token = (await socket.hello())["token"]
        hub.accepting, hub.busy_s = False, 0.01
        assert (await socket.send("message-0001", "one"))["code"] == "busy"
        hub.accepting = True
        async with asyncio.timeout(30):
            while (await socket.send("message-0002", "two"))["type"] != "ack":
                await asyncio.sleep(0.01)
        hub.accepting, hub.busy_s = False, 3600
        assert (await socket.send("message-0003", "three"))["code"] == "busy"
        hub.accepting = True
        await socket.hello(token)
        assert (await socket.send("message-0004", "four"))["type"] == "ack"
        assert hub.texts == ["two", "four"]


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
    """On the socket and over HTTP; whoever put the widget into the page can read why, and what to do."""
    async with at_work(allowed_domains=["shop.example.test", "*.sample.test"]) as (hub, client):
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
                assert answer.headers["Access-Control-Allow-Origin"] == origin
                assert answer.headers["Vary"] == "Origin"
                told = await answer.json()
                if origin == "https://sample.test":
                    assert (told["code"], "Add sample.test to" in told["detail"]) == ("origin_not_allowed", True)
        for origin in (SHOP, "https://sample.test"):  # a failed preflight would hide the refusal
            async with client.session.options(f"{client.base}/messages", headers={"Origin": origin}) as answer:
                assert answer.status == 204
                assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        async with client.session.post(f"{client.base}/session", json={}) as answer:
            assert answer.headers["Vary"] == "Origin"  # a cache must not give a page what a program got
            assert "Access-Control-Allow-Origin" not in answer.headers
        evil = {"Origin": "https://sample.test"}
        written = {"id": "message-0001", "text": "Hello"}
        await client.begin()
        assert (await client.post("messages", json=written, headers=evil))[0] == 403
        assert hub.offered == []
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


def test_a_remembered_token_counts_no_longer_than_its_user() -> None:
    """What was verified once is not verified again, but it ends in time."""
    identity = Identity(b"k" * 32, 1, accept_previous=False)
    until = NOON + timedelta(hours=1)
    token = identity.token(Visitor(id="browser", user="u1", expires=int(until.timestamp())))
    for _ in range(2):
        assert identity.visitor(token, NOON) == Visitor(id="browser", user="u1", expires=int(until.timestamp()))
    assert identity.visitor(token, until + timedelta(seconds=1)) is None
    assert identity.visitor(token[:-1], NOON) is None


async def test_a_changed_token_does_not_count() -> None:
    """Whichever character is changed."""
    async with at_work() as (_, client):
        token = (await client.begin())["token"]
        for index in range(0, len(token), 7):
            forged = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
            status, _ = await client.post("messages", token=forged, json={"id": "message-0001", "text": "x"})
            assert status == 401


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
