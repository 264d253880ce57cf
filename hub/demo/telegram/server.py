"""The Bot API server: from an HTTP request to a method, and back with an envelope."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from inspect import isawaitable
from random import Random
from typing import Any

import aiohttp
from aiohttp import web

from hub.demo.telegram.arguments import UPLOAD_LIMIT_BYTES, Arguments, read_arguments
from hub.demo.telegram.calls import Call
from hub.demo.telegram.clock import Clock, SystemClock, sleep
from hub.demo.telegram.faults import Fault, Faults, What
from hub.demo.telegram.flood import Limits
from hub.demo.telegram.journal import Called
from hub.demo.telegram.methods import METHODS
from hub.demo.telegram.people import Person
from hub.demo.telegram.polling import Poller
from hub.demo.telegram.update_queue import Update
from hub.demo.telegram.webhooks import WebhookSender
from hub.demo.telegram.wire import Refused, failure, success, to_json, too_many_requests
from hub.demo.telegram.world import Account, Bot, Chat, World

TOKEN_LIMIT = 80
SAMPLE_TOKEN = "42:SAMPLE-TOKEN"  # noqa: S105  (no bot has it)
GARBAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
NOTHING: Mapping[str, str] = {}


class TelegramSimulator:
    """A Telegram with its bots and people. Use it inside `serving()`; the body gets the base address for bots.

    `limits` of None switches flood control off; `seed` makes ids and chances repeat themselves; `kept` bounds the
    journal, for one that runs for days.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int | None = None,
        limits: Limits | None = Limits(),  # noqa: B008
        kept: int | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        rng = Random(seed)
        self.world = World(self.clock, rng, limits, kept)
        self.faults = Faults(rng)
        self.journal = self.world.journal
        self._rng = rng
        self._pollers: dict[str, Poller] = {}
        self._webhooks: dict[str, WebhookSender] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._session: aiohttp.ClientSession | None = None
        self.url = ""

    # Making ----------------------------------------------------------------------------------------------------------

    def add_bot(
        self, token: str = SAMPLE_TOKEN, username: str = "sample_bot", first_name: str = "Sample", **more: Any
    ) -> Bot:
        """A bot, as from BotFather."""
        bot = self.world.add_bot(token, username, first_name, **more)
        self._pollers[token] = Poller(bot, self.clock, self.journal)
        bot.updates.on_taken.append(lambda update: self._seen(bot, update))
        return bot

    def person(self, bot: Bot, account_id: int = 777, first_name: str = "Sample", **more: Any) -> Person:
        """A person in front of the private chat with a bot; known by the id when there already is one."""
        account = self.world.accounts.get(account_id) or self.world.add_account(Account(account_id, first_name, **more))
        return Person(self.world, account, self.world.private_chat(bot, account), bot)

    def group(self, title: str, bot: Bot, **more: Any) -> Chat:
        """A supergroup (or `kind="group"`) in which the bot is an administrator."""
        chat = self.world.add_group(title, **more)
        chat.members[bot.id] = "administrator"
        return chat

    def webhooks(self, bot: Bot) -> WebhookSender:
        """The sender of a bot's webhooks, to repeat some."""
        if bot.token not in self._webhooks:
            assert self._tasks is not None, "use the simulator inside `serving()`"
            assert self._session is not None
            self._webhooks[bot.token] = WebhookSender(
                bot, self.clock, self._rng, self.faults, self.journal, self._tasks, self._session, self._obey
            )
        return self._webhooks[bot.token]

    def _seen(self, bot: Bot, update: Update) -> None:
        """The person's screen shows two ticks."""
        number: Any = update.payload.get("message_id") if isinstance(update.payload, dict) else None
        for chat in bot.chats.values():
            is_own = chat.queue() == update.queue and update.kind == "message" and isinstance(number, int)
            if is_own and number in chat.messages:
                chat.seen.add(number)
                self.world.show("seen", bot, chat, {"message_id": number})

    # Serving ---------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Listen on the loopback interface while the body runs; gives the address, such as `http://127.0.0.1:8081`."""
        application = web.Application(client_max_size=UPLOAD_LIMIT_BYTES + 1024 * 1024)
        application.add_routes(self.routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        failed: Exception | None = None
        async with aiohttp.ClientSession() as self._session, asyncio.TaskGroup() as self._tasks:
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", port).start()
                self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
                yield self.url
            except Exception as error:  # noqa: BLE001  (raised again below, as itself and not as a group)
                failed = error
            finally:
                for sender in self._webhooks.values():
                    sender.stop()
                for poller in self._pollers.values():
                    poller.wake()
                await runner.cleanup()
        if failed is not None:
            raise failed

    def routes(self) -> Sequence[web.RouteDef]:
        """The addresses under which bots call."""
        return [
            web.get("/file/bot{token}/{path:.+}", self._download),
            *(web.route(verb, "/bot{token}/{name}", self._call) for verb in ("GET", "POST")),
            *(web.route(verb, "/bot{token}/test/{name}", self._call) for verb in ("GET", "POST")),
            web.route("*", "/{rest:.*}", _not_found),
        ]

    async def _download(self, request: web.Request) -> web.Response:
        file = self.world.files.at(request.match_info["path"])
        if request.match_info["token"] not in self.world.bots or file is None:
            return _answer(Refused(404, "Not Found"))
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def _call(self, request: web.Request) -> web.StreamResponse:
        token, name = request.match_info["token"], request.match_info["name"]
        if ":" not in token or len(token) > TOKEN_LIMIT:
            return _answer(Refused(401, "Unauthorized: invalid token specified"))
        bot = self.world.bots.get(token)
        if bot is None:
            return _answer(Refused(401, "Unauthorized"))
        try:
            arguments = await read_arguments(request)
        except Refused as refused:
            return _answer(refused)
        except web.HTTPRequestEntityTooLarge:
            return _answer(Refused(413, "Request Entity Too Large"))
        fault = self.faults.strike(name.lower())
        headers = {key.lower(): value for key, value in request.headers.items() if key.lower().startswith("x-")}
        if fault is not None and (spoiled := await self._spoil(request, fault, arguments)) is not None:
            return spoiled
        lost = fault is not None and fault.what is What.ANSWER_LOST
        outcome = await self._execute(bot, name, arguments, headers, answered=not lost)
        if lost:
            return _cut(request)
        return _answer(outcome)

    async def _spoil(self, request: web.Request, fault: Fault, arguments: Arguments) -> web.StreamResponse | None:
        match fault.what:
            case What.THROTTLED:
                return _answer(too_many_requests(fault.retry_after_s))
            case What.SERVER_ERROR:
                return _answer(Refused(fault.code, "Internal Server Error: restart"))
            case What.GARBLED:
                return web.Response(status=502, text=GARBAGE, content_type="text/html")
            case What.REQUEST_LOST:
                return _cut(request)
            case What.SLOW:
                await sleep(self.clock, fault.delay_s)
                return None
            case What.MARKS_REFUSED:
                marked = {"entities", "caption_entities"} & arguments.values.keys()
                return (
                    _answer(Refused(400, "Bad Request: can't parse entities: refused on purpose")) if marked else None
                )
            case What.ANSWER_LOST:
                return None

    async def _execute(
        self, bot: Bot, name: str, arguments: Arguments, headers: Mapping[str, str], *, answered: bool = True
    ) -> Any:
        """The result of a method, or the `Refused` that it raised; noted in the journal."""
        method = name.lower()
        at, outcome, code = self.clock.now(), None, None
        try:
            handler = METHODS.get(method)
            if handler is None:
                raise Refused(404, "Not Found: method not found")
            outcome = handler(Call(self.world, bot, arguments, self._pollers[bot.token], self.webhooks(bot)))
            if isawaitable(outcome):
                outcome = await outcome
        except Refused as refused:
            outcome, code = refused, refused.code
        if method != "getupdates":
            self.journal.calls.append(
                Called(
                    at,
                    bot.id,
                    method,
                    arguments.values,
                    tuple(arguments.files),
                    headers,
                    None if code else outcome,
                    code,
                    answered,
                )
            )
        return outcome

    async def _obey(self, bot: Bot, name: str, arguments: Arguments) -> None:
        await self._execute(bot, name, arguments, NOTHING)


async def _not_found(_: web.Request) -> web.Response:
    return _answer(Refused(404, "Not Found"))


def _answer(outcome: Any) -> web.Response:
    if not isinstance(outcome, Refused):
        return web.Response(body=to_json(success(outcome)), content_type="application/json")
    headers = {}
    if "retry_after" in outcome.parameters:
        headers["Retry-After"] = str(outcome.parameters["retry_after"])
    return web.Response(
        status=outcome.code, body=to_json(failure(outcome)), content_type="application/json", headers=headers
    )


def _cut(request: web.Request) -> web.Response:
    """End the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
