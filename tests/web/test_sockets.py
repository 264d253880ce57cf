"""The inbox socket as a browser uses it: ticket, Origin, hello, changes, presence, limits and sign-out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import WSCloseCode, WSMsgType
from aiohttp.test_utils import TestServer

from hub.app.background import background
from hub.model.operator import Membership, Operator, Role, Scope
from hub.services.feed import Feed
from hub.services.presence import Presence
from hub.store.changes import Changes
from hub.store.connection import Connection
from hub.store.places import Places
from hub.store.presence import Presences
from hub.web import sockets
from hub.web.sockets import InboxSockets
from tests.serving import surrounded
from tests.web.house import FOREIGN, MINE, Client, House, open_house

DEADLINE_S = 10.0


class Line:
    """One open socket, as the inbox's page reads it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        """Send a frame."""
        await self.socket.send_json(frame)

    async def hear(self, kind: str | None = None, *, type: str = "change") -> dict[str, Any]:  # noqa: A002
        """The next frame of this type and kind; others in between are passed over."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                frame: dict[str, Any] = await self.socket.receive_json()
                if frame["type"] == type and (kind is None or frame["kind"] == kind):
                    return frame

    async def hello(self, cursor: str | None = None) -> dict[str, Any]:
        """Begin."""
        await self.say(type="hello", cursor=cursor)
        return await self.hear(type="ready")

    async def close_code(self) -> int | None:
        """The code with which the hub closes."""
        async with asyncio.timeout(DEADLINE_S):
            while (await self.socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
                pass
        return self.socket.close_code


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hall(mongo: Connection, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator["Hall"]:
    connection = Connection(mongo.client, mongo.feed_client, "t_sockets")
    async with open_house(connection, tmp_path_factory.mktemp("sockets")) as house, open_hall(house) as running:
        yield running


class Hall:
    """The hub's sockets beside its API."""

    def __init__(self, house: House, feed: Feed, inboxes: InboxSockets, server: TestServer) -> None:
        self.house, self.feed, self.inboxes, self.server = house, feed, inboxes, server

    @property
    def origin(self) -> str:
        """The hub's own."""
        return str(self.server.make_url("/")).rstrip("/")

    async def ticket(self, client: Client) -> str:
        """A ticket of somebody signed in."""
        status, answer = await client.ask("POST", "/socket-ticket", {})
        assert status == 200, answer
        return str(answer["ticket"])

    @asynccontextmanager
    async def line(self, client: Client, **options: Any) -> AsyncIterator[Line]:
        """A socket of somebody signed in."""
        url = self.server.make_url("/ws/inbox").with_query(ticket=await self.ticket(client))
        async with client.session.ws_connect(url, origin=self.origin, **options) as socket:
            yield Line(socket)

    async def somebody(self, role: Role = Role.ADMIN, scope: Scope = Scope.ALL) -> tuple[Operator, Client]:
        """An operator who has signed in."""
        operator = await self.house.operator(role, scope)
        return operator, await self.house.signed_in(operator)


@asynccontextmanager
async def open_hall(house: House) -> AsyncIterator[Hall]:
    """The sockets on a server of their own, in front of the same store."""
    connection = house.pipeline.connection
    feed = Feed(Changes(connection.feed_database, await_ms=200), Places(connection.feed_database))
    inboxes = InboxSockets(feed, Presence(Presences(connection.database)), house.parts.accounts, None)
    application = surrounded()
    application.add_routes(inboxes.routes())
    server = TestServer(application)
    async with background(feed.run):
        await server.start_server()
        yield Hall(house, feed, inboxes, server)
        await inboxes.close_all()
        await server.close()


async def test_a_message_reaches_an_open_inbox(hall: Hall) -> None:
    """After hello, what a contact writes arrives as the API shows it."""
    _, client = await hall.somebody()
    async with hall.line(client) as line:
        await line.hello()
        conversation = (await hall.house.says("Good day")).conversation
        told = await line.hear("message")
        assert (told["conversation"], told["data"]["text"]) == (conversation, "Good day")
        _, answer = await client.ask("GET", f"/conversations/{conversation}/messages")
        assert answer["items"][0]["id"] == told["data"]["id"]


async def test_an_inbox_that_comes_back_goes_on_after_its_cursor(hall: Hall) -> None:
    """What happened while the line was cut is told first, once, and nothing is reloaded."""
    _, client = await hall.somebody()
    async with hall.line(client) as line:
        await line.hello()
        await hall.house.says("one", who="returning")
        cursor = (await line.hear("message"))["cursor"]
    await hall.house.says("two", who="returning")
    async with hall.line(client) as line:
        ready = await line.hello(cursor)
        assert ready["cursor"] == cursor
        assert (await line.hear("message"))["data"]["text"] == "two"
        await hall.house.says("three", who="returning")
        assert (await line.hear("message"))["data"]["text"] == "three"


async def test_a_cursor_nobody_knows_reloads_and_the_same_socket_goes_on(hall: Hall) -> None:
    """After "reload" the page says hello without a cursor on the same socket."""
    _, client = await hall.somebody()
    async with hall.line(client) as line:
        await line.say(type="hello", cursor="elsewhere/82")
        assert (await line.hear(type="reload"))["reason"] == "generation"
        await line.hello()
        await hall.house.says("after")
        assert (await line.hear("message"))["data"]["text"] == "after"


@pytest.mark.parametrize("origin", ["https://evil.example.test", "null", None])
async def test_a_foreign_page_gets_no_socket(hall: Hall, origin: str | None) -> None:
    """Another Origin, or none, is refused at the handshake, and the ticket is not used up by it."""
    _, client = await hall.somebody()
    url = hall.server.make_url("/ws/inbox").with_query(ticket=await hall.ticket(client))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.session.ws_connect(url, origin=origin)
    assert refused.value.status == 403
    async with client.session.ws_connect(url, origin=hall.origin) as socket:
        await Line(socket).hello()


async def test_a_ticket_opens_one_socket(hall: Hall) -> None:
    """A ticket that was used, made up or left out opens nothing."""
    _, client = await hall.somebody()
    url = hall.server.make_url("/ws/inbox")
    used = await hall.ticket(client)
    async with client.session.ws_connect(url.with_query(ticket=used), origin=hall.origin):
        pass
    for address in (url.with_query(ticket=used), url.with_query(ticket="made-up"), url):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.session.ws_connect(address, origin=hall.origin)
        assert refused.value.status == 401


async def test_signing_out_closes_the_socket_within_a_second(hall: Hall) -> None:
    """The page learns by code 4401 that it has to sign in again."""
    _, client = await hall.somebody()
    async with hall.line(client) as line:
        await line.hello()
        await client.ask("DELETE", "/session", {})
        async with asyncio.timeout(1):
            assert await line.close_code() == sockets.SIGNED_OUT


async def test_another_role_closes_the_socket(hall: Hall) -> None:
    """Rights that were taken away are not used a moment longer."""
    operator, client = await hall.somebody()
    async with hall.line(client) as line:
        await line.hello()
        await hall.house.parts.accounts.set_memberships(operator.id, [replace_role(operator, Role.ANALYST)])
        assert await line.close_code() == sockets.SIGNED_OUT


def replace_role(operator: Operator, role: Role) -> Any:
    """The person's place with another role."""
    return operator.memberships[0].model_copy(update={"role": role})


async def test_going_to_another_project_closes_the_socket_and_the_next_one_is_there(hall: Hall) -> None:
    """Not a word of the project that was left is told any more, nor by a ticket that was bought before."""
    places = [Membership(project=project, role=Role.ADMIN) for project in (MINE, FOREIGN)]
    client = await hall.house.signed_in(await hall.house.operator_with(*places))
    early = await hall.ticket(client)
    async with hall.line(client) as line:
        await line.hello()
        assert (await client.ask("PUT", "/me/project", {"project": FOREIGN}))[0] == 200
        assert await line.close_code() == sockets.SIGNED_OUT
    url = hall.server.make_url("/ws/inbox").with_query(ticket=early)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await client.session.ws_connect(url, origin=hall.origin)
    async with hall.line(client) as line:
        await line.hello()
        await hall.house.says("Here", project=MINE)
        there = (await hall.house.says("There", project=FOREIGN)).conversation
        told = await line.hear("message")
        assert (told["conversation"], told["data"]["text"]) == (there, "There")


async def test_that_a_session_is_used_closes_no_socket(hall: Hall) -> None:
    """The note that a session is in use is an update of it, too."""
    operator, client = await hall.somebody()
    async with hall.line(client) as line:
        await line.hello()
        rows = hall.house.pipeline.connection.database["operator_sessions"]
        await rows.update_many({"operator": operator.id}, {"$set": {"last_used_at": hall.house.pipeline.clock.now()}})
        await hall.house.says("Still here")
        assert (await line.hear("message"))["data"]["text"] == "Still here"


async def test_a_session_that_ended_before_hello_gets_nothing(hall: Hall) -> None:
    """A socket whose session ended between the ticket and hello is closed, not served."""
    _, client = await hall.somebody()
    async with hall.line(client) as line:
        await client.ask("DELETE", "/session", {})
        await line.say(type="hello")
        assert await line.close_code() == sockets.SIGNED_OUT


async def test_colleagues_see_who_looks_and_types(hall: Hall) -> None:
    """Looking and typing is told to others in scope, also to one who comes later, and ends on leaving."""
    anna, her_client = await hall.somebody()
    _, his_client = await hall.somebody()
    conversation = await hall.house.conversation()
    async with hall.line(his_client) as his:
        await his.hello()
        async with hall.line(her_client) as hers:
            await hers.hello()
            await hers.say(type="looking", conversation=conversation, typing=True)
            seen = (await his.hear("presence"))["data"]
            assert seen == {
                "conversation": conversation, "operator": anna.id, "name": anna.name, "looking": True, "typing": True,
            }  # fmt: skip
            async with hall.line(his_client) as later:
                await later.hello()
                await later.say(type="looking", conversation=conversation, typing=False)
                # What they do themselves may be told first.
                while (told := (await later.hear("presence"))["data"])["operator"] != anna.id:
                    pass
                assert told == seen
            project = hall.house.channels[anna.memberships[0].project].project
            assert anna.id in await Presences(hall.house.pipeline.connection.database).there(project)
        while (told := (await his.hear("presence"))["data"])["operator"] != anna.id or told["looking"]:
            pass


async def test_looking_at_a_foreign_conversation_tells_nobody(hall: Hall) -> None:
    """A conversation outside the scope cannot be looked at, and nothing shows that it exists."""
    _, client = await hall.somebody(Role.OPERATOR, Scope.OWN)
    curator, colleague = await hall.somebody()
    conversation = await hall.house.conversation()
    status, answer = await colleague.ask(
        "POST", f"/conversations/{conversation}/assign", {"key": "k", "operator": curator.id}
    )
    assert status == 200, answer
    async with hall.line(client) as line, hall.line(colleague) as watching:
        await line.hello()
        await watching.hello()
        await line.say(type="looking", conversation=conversation, typing=True)
        await watching.say(type="looking", conversation=conversation, typing=False)
        assert (await watching.hear("presence"))["data"]["operator"] == curator.id


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("not json", WSCloseCode.INVALID_TEXT),
        ('{"type":"unknown"}', WSCloseCode.INVALID_TEXT),
        ('{"type":"hello","more":1}', WSCloseCode.INVALID_TEXT),
        ('{"type":"looking","conversation":"../x"}', WSCloseCode.INVALID_TEXT),
        (b"binary", WSCloseCode.INVALID_TEXT),
        ('"' + "x" * sockets.FRAME_BYTES + '"', WSCloseCode.MESSAGE_TOO_BIG),
    ],
)
async def test_a_frame_that_is_not_known_closes_the_socket(hall: Hall, data: str | bytes, code: int) -> None:
    """Bad data and frames that are too big end the connection with their own code."""
    _, client = await hall.somebody()
    async with hall.line(client) as line:
        await (line.socket.send_bytes(data) if isinstance(data, bytes) else line.socket.send_str(data))
        assert await line.close_code() == code


async def test_a_flood_of_frames_closes_the_socket(hall: Hall) -> None:
    """More frames than a person can cause are a fault or an attack."""
    _, client = await hall.somebody()
    async with hall.line(client) as line:
        await line.hello()
        for _ in range(sockets.FRAMES_PER_WINDOW + 1):
            await line.say(type="pong")
        assert await line.close_code() == WSCloseCode.POLICY_VIOLATION


async def test_a_person_has_at_most_twenty_sockets(hall: Hall) -> None:
    """The next one is told to come back later, and one that closes makes room."""
    _, client = await hall.somebody()
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(hall.line(client)) for _ in range(sockets.SOCKETS_PER_OPERATOR)]
        async with hall.line(client) as line:
            assert await line.close_code() == WSCloseCode.TRY_AGAIN_LATER
        await opened[0].socket.close()
        async with asyncio.timeout(DEADLINE_S):
            while len(hall.inboxes) >= sockets.SOCKETS_PER_OPERATOR:
                await asyncio.sleep(0.02)
        async with hall.line(client) as line:
            await line.hello()


async def test_a_silent_browser_is_pinged_and_then_given_up(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ping comes regularly; a browser that says nothing for long is cut, one that answers is not."""
    monkeypatch.setattr(sockets, "PING_EVERY_S", 0.1)
    monkeypatch.setattr(sockets, "SILENCE_S", 0.5)
    _, client = await hall.somebody()
    async with hall.line(client) as silent, hall.line(client) as lively:
        await lively.hello()
        for _ in range(10):
            await lively.hear(type="ping")
            await lively.say(type="pong")
        assert await silent.close_code() == WSCloseCode.ABNORMAL_CLOSURE
        await lively.hear(type="ping")


async def test_a_browser_that_does_not_read_is_cut_and_others_are_told_at_once(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full connection holds up its own socket only."""
    monkeypatch.setattr(sockets, "SEND_TIMEOUT_S", 0.5)
    _, client = await hall.somebody()
    text = "x" * 60_000
    async with hall.line(client) as stuck, hall.line(client) as quick:
        await stuck.hello()
        await quick.hello()
        stuck.socket._response.connection.protocol.pause_reading()  # type: ignore[union-attr]
        open_before = len(hall.inboxes)
        for number in range(200):
            await hall.house.says(f"{number}{text}", who="talker")
            told = await quick.hear("message")
            while not told["data"]["text"].startswith(str(number)):
                told = await quick.hear("message")
            if len(hall.inboxes) < open_before:
                break
        assert len(hall.inboxes) == open_before - 1
        stuck.socket._response.connection.protocol.resume_reading()  # type: ignore[union-attr]


async def test_with_a_public_address_only_its_origin_may_open_a_socket(hall: Hall, tmp_path: Path) -> None:
    """Behind a proxy the Host header says nothing: the configured address does."""
    inboxes = InboxSockets(hall.feed, hall.inboxes._presence, hall.house.parts.accounts, "https://hub.example.test/")
    application = surrounded()
    application.add_routes(inboxes.routes())
    async with TestServer(application) as server:
        _, client = await hall.somebody()
        url = server.make_url("/ws/inbox").with_query(ticket=await hall.ticket(client))
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.session.ws_connect(url, origin=str(server.make_url("/")).rstrip("/"))
        assert refused.value.status == 403
        async with client.session.ws_connect(url, origin="https://hub.example.test") as socket:
            await Line(socket).hello()
