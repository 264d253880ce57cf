"""What the Telegram simulator does on the wire, as the Bot API documents it."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from hub.demo.telegram.clock import ManualClock
from hub.demo.telegram.faults import What
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import SAMPLE_TOKEN, TelegramSimulator
from tests.demo.telegram_wire import BareBot, listening, until


async def test_arguments_may_come_in_four_ways(bot: BareBot, person: Person) -> None:
    """Address, form, multipart and JSON mean the same, and a method's name has no case."""
    expected = {"chat_id": "777", "text": "Hello"}
    multipart = aiohttp.FormData(default_to_multipart=True)
    for name, value in expected.items():
        multipart.add_field(name, value)
    for way in (
        {"params": expected},
        {"data": expected},
        {"data": multipart},
        {"json": {"chat_id": 777, "text": "Hello"}},
    ):
        async with bot.http.post(f"{bot.base}/SENDmessage", **way) as answer:
            assert (await answer.json())["result"]["text"] == "Hello"
    async with bot.http.get(f"{bot.base}/sendMessage", params=expected) as answer:
        assert (await answer.json())["ok"]


async def test_wrong_addresses_are_refused(bot: BareBot) -> None:
    """Tokens and methods that do not exist are told apart."""
    assert await bot.refusal("sendNothing") == "Not Found: method not found"
    stranger = BareBot(bot.http, bot.base.rsplit("/", 1)[0], "41:OTHER")
    assert await stranger.refusal("getMe") == "Unauthorized"
    nobody = BareBot(bot.http, bot.base.rsplit("/", 1)[0], "no-colon")
    assert await nobody.refusal("getMe") == "Unauthorized: invalid token specified"


async def test_updates_stay_until_a_higher_offset_confirms_them(
    bot: BareBot, person: Person, simulator: TelegramSimulator, clock: ManualClock
) -> None:
    """Asked again they come again, in order; what is confirmed is in the journal."""
    person.say("one")
    person.say("two")
    first = await bot.result("getUpdates")
    assert [one["message"]["text"] for one in first] == ["/start", "one", "two"]
    assert [one["update_id"] - first[0]["update_id"] for one in first] == [0, 1, 2]
    clock.advance(3)
    assert await bot.result("getUpdates", limit=2) == first[:2]
    assert await bot.result("getUpdates", offset=first[1]["update_id"]) == first[1:]
    assert simulator.journal.confirmed_ids() == [first[0]["update_id"]]


async def test_a_negative_offset_keeps_the_last_ones(bot: BareBot, person: Person) -> None:
    """The rest is forgotten."""
    for text in ("one", "two", "three"):
        person.say(text)
    assert [one["message"]["text"] for one in await bot.result("getUpdates", offset=-2)] == ["two", "three"]
    assert len(await bot.result("getUpdates", offset=0)) == 2


async def test_a_long_poll_waits_for_an_update(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """It ends with the update, or empty when its time is over."""
    offset = (await bot.result("getUpdates"))[-1]["update_id"] + 1
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.result("getUpdates", offset=offset, timeout=50))
        await until(lambda: clock.next_due_s() == 50)
        person.say("now")
    assert [one["message"]["text"] for one in poll.result()] == ["now"]
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.result("getUpdates", offset=offset + 1, timeout=99))
        await until(lambda: clock.next_due_s() == 50)
        clock.advance(50)
    assert poll.result() == []


async def test_a_second_reader_ends_the_first(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """The first learns that there is another one."""
    offset = (await bot.result("getUpdates"))[-1]["update_id"] + 1
    async with asyncio.TaskGroup() as group:
        first = group.create_task(bot.ask("getUpdates", offset=offset, timeout=50))
        await until(lambda: clock.next_due_s() == 50)
        second = group.create_task(bot.result("getUpdates", offset=offset, timeout=50))
        assert (await first)["description"] == (
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        )
        await until(lambda: clock.next_due_s() == 50)
        person.say("hello")
    assert first.result()["error_code"] == 409
    assert len(second.result()) == 1


async def test_a_webhook_ends_and_forbids_polling(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """Until it is deleted."""
    offset = (await bot.result("getUpdates"))[-1]["update_id"] + 1
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.ask("getUpdates", offset=offset, timeout=50))
        await until(lambda: clock.next_due_s() == 50)
        answer = await bot.ask("setWebhook", url="https://hub.example.org/hook")
        assert answer == {"ok": True, "result": True, "description": "Webhook was set"}
    assert poll.result()["description"] == "Conflict: terminated by setWebhook request"
    assert await bot.refusal("getUpdates") == (
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    )
    assert (await bot.result("getWebhookInfo"))["url"] == "https://hub.example.org/hook"
    await bot.result("deleteWebhook")
    clock.advance(3)
    assert await bot.result("getUpdates", offset=offset) == []


async def test_who_asks_the_same_again_and_again_is_slowed_down(
    bot: BareBot, person: Person, clock: ManualClock
) -> None:
    """Within half a second it gets one update at a time; without any it waits for three seconds."""
    person.say("hello")
    assert len(await bot.result("getUpdates")) == 2
    assert len(await bot.result("getUpdates")) == 1
    offset = (await bot.result("getUpdates", offset=-1))[0]["update_id"] + 1
    await bot.result("getUpdates", offset=offset)
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.result("getUpdates", offset=offset))
        await until(lambda: clock.next_due_s() == 3)
        clock.advance(3)
    assert poll.result() == []


async def test_kinds_that_were_not_asked_for_do_not_come(bot: BareBot, person: Person) -> None:
    """Reactions come only on request; the wish stays until another one is made."""
    message = person.say("hello")
    person.react(message, "👍")
    assert [set(one) - {"update_id"} for one in await bot.result("getUpdates", offset=-1)] == [{"message"}]
    await bot.result("getUpdates", allowed_updates=["message", "message_reaction"])
    person.react(message, "🔥")
    person.block()
    last = (await bot.result("getUpdates", offset=-1))[0]
    assert last["message_reaction"]["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]
    assert last["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "🔥"}]


async def test_updates_expire(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """A message after a day, a pressed button after 150 seconds; and it cannot be answered any more."""
    sent = await bot.result(
        "sendMessage",
        chat_id=777,
        text="?",
        reply_markup={"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]},
    )
    query = person.press(sent, "Yes")
    assert len(await bot.result("getUpdates")) == 2
    clock.advance(151)
    assert [set(one) - {"update_id"} for one in await bot.result("getUpdates")] == [{"message"}]
    assert await bot.refusal("answerCallbackQuery", callback_query_id=query) == (
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    )
    clock.advance(86_400)
    assert await bot.result("getUpdates") == []


async def test_numbers_of_updates_begin_anew_after_a_week(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """At random, so that nobody may rely on their order."""
    last = (await bot.result("getUpdates"))[-1]["update_id"]
    clock.advance(7 * 86_400)
    person.say("back again")
    assert abs((await bot.result("getUpdates"))[0]["update_id"] - last) > 1


async def test_an_old_offset_does_not_confirm_new_numbers(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """When they have begun anew below it."""
    last = (await bot.result("getUpdates"))[-1]["update_id"]
    person.bot.updates.next_id = last - 1000
    person.say("one")
    person.say("two")
    texts = [one["message"]["text"] for one in await bot.result("getUpdates", offset=last + 1)]
    assert texts[-2:] == ["one", "two"]


async def test_texts_are_checked(bot: BareBot, person: Person) -> None:
    """Empty, too long, or to nobody: each with Telegram's words."""
    assert await bot.refusal("sendMessage", text="x") == "Bad Request: chat_id is empty"
    assert await bot.refusal("sendMessage", chat_id=1, text="x") == "Bad Request: chat not found"
    assert await bot.refusal("sendMessage", chat_id=777) == "Bad Request: message text is empty"
    assert await bot.refusal("sendMessage", chat_id=777, text="  ") == "Bad Request: text must be non-empty"
    assert await bot.refusal("sendMessage", chat_id=777, text="😀" * 2049) == "Bad Request: message is too long"
    assert (await bot.result("sendMessage", chat_id=777, text="😀" * 2048))["text"] == "😀" * 2048
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "я" * 33}]]}
    assert await bot.refusal("sendMessage", chat_id=777, text="x", reply_markup=keyboard) == (
        "Bad Request: BUTTON_DATA_INVALID"
    )


async def test_a_bot_cannot_write_to_who_has_blocked_it(bot: BareBot, person: Person) -> None:
    """It learns of the block, and again when it is lifted."""
    person.block()
    assert await bot.refusal("sendMessage", chat_id=777, text="x") == "Forbidden: bot was blocked by the user"
    person.unblock()
    assert await bot.result("sendMessage", chat_id=777, text="x")
    changes = [one["my_chat_member"] for one in await bot.result("getUpdates") if "my_chat_member" in one]
    assert [one["new_chat_member"]["status"] for one in changes] == ["kicked", "member"]


async def test_who_is_too_fast_is_told_to_wait(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """One message a second and chat after a short burst; the answer and its header say how long."""
    for index in range(5):
        await bot.result("sendMessage", chat_id=777, text=f"{index}")
    async with bot.http.post(f"{bot.base}/sendMessage", json={"chat_id": 777, "text": "6"}) as answer:
        assert answer.headers["Retry-After"] == "1"
        assert await answer.json() == {
            "ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        }  # fmt: skip
    clock.advance(1)
    assert await bot.result("sendMessage", chat_id=777, text="6")


async def test_files_can_be_fetched(bot: BareBot, person: Person, simulator: TelegramSimulator) -> None:
    """What a person sends is downloaded in two steps; what is larger than 20 MB is refused."""
    person.send_file("document", b"a list", name="list.txt")
    document = (await bot.result("getUpdates", offset=-1))[0]["message"]["document"]
    assert document["file_name"] == "list.txt"
    path = (await bot.result("getFile", file_id=document["file_id"]))["file_path"]
    async with bot.http.get(f"{simulator.url}/file/bot{SAMPLE_TOKEN}/{path}") as answer:
        assert await answer.read() == b"a list"
    assert await bot.refusal("getFile", file_id="nothing") == (
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    )
    large = person.send_file("video", b"...", size_bytes=(20 << 20) + 1)["video"]
    assert await bot.refusal("getFile", file_id=large["file_id"]) == "Bad Request: file is too big"


async def test_a_webhook_gets_each_update_until_it_takes_it(
    bot: BareBot, person: Person, simulator: TelegramSimulator, clock: ManualClock
) -> None:
    """Failures are tried again later and later, the secret is sent, and the order of a chat is kept."""
    got: list[str] = []
    answers = [500, 500, 500]

    async def hook(request: web.Request) -> web.Response:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == "s3cret"
        got.append(json.loads(await request.read())["message"]["text"])
        return web.Response(status=answers.pop(0) if answers else 200)

    await bot.result("getUpdates", offset=-1)
    async with listening(hook) as url:
        await bot.result("setWebhook", url=url, secret_token="s3cret", drop_pending_updates=True)
        person.say("one")
        person.say("two")
        await until(lambda: clock.next_due_s() == 2)
        assert got == ["one", "one"]
        assert (await bot.result("getWebhookInfo"))["pending_update_count"] == 2
        clock.advance(2)
        await until(lambda: clock.next_due_s() == 4)
        clock.advance(4)
        await until(lambda: len(simulator.journal.confirmed) == 2)
        assert got == ["one", "one", "one", "one", "two"]
        await bot.result("deleteWebhook")


async def test_faults_happen_on_purpose(bot: BareBot, person: Person, simulator: TelegramSimulator) -> None:
    """A storm of 429, a server error, and an answer that is lost after the message was sent."""
    simulator.faults.add(What.THROTTLED, "sendMessage", times=1, retry_after_s=3)
    simulator.faults.add(What.SERVER_ERROR, "sendMessage", times=1)
    simulator.faults.add(What.ANSWER_LOST, "sendMessage", times=1)
    assert await bot.refusal("sendMessage", chat_id=777, text="x") == "Too Many Requests: retry after 3"
    assert await bot.refusal("sendMessage", chat_id=777, text="x") == "Internal Server Error: restart"
    assert simulator.journal.sent() == []
    with pytest.raises(aiohttp.ClientError):
        await bot.ask("sendMessage", chat_id=777, text="x")
    await bot.result("sendMessage", chat_id=777, text="x")
    assert simulator.journal.copies() == {"x": 2}
    assert [call.answered for call in simulator.journal.of("sendMessage")] == [False, True]


async def test_answers_may_be_slow_garbled_or_never_come(
    bot: BareBot, person: Person, simulator: TelegramSimulator, clock: ManualClock
) -> None:
    """A proxy's error page is no JSON; a request that is lost is not carried out; a slow answer comes late."""
    simulator.faults.add(What.GARBLED, "sendMessage", times=1)
    async with bot.http.post(f"{bot.base}/sendMessage", json={"chat_id": 777, "text": "x"}) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")
    simulator.faults.add(What.REQUEST_LOST, "sendMessage", times=1)
    with pytest.raises(aiohttp.ClientError):
        await bot.ask("sendMessage", chat_id=777, text="x")
    assert simulator.journal.sent() == []
    simulator.faults.add(What.SLOW, "sendMessage", times=1, delay_s=30)
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(bot.result("sendMessage", chat_id=777, text="x"))
        await until(lambda: clock.next_due_s() == 30)
        assert simulator.journal.sent() == []
        clock.advance(30)
    assert slow.result()["text"] == "x"


async def test_a_message_of_yesterday_is_not_delivered(bot: BareBot, person: Person, clock: ManualClock) -> None:
    """What is older than a day when it comes in is never queued."""
    person.say("old", date=int(clock.now()) - 86_400)
    person.say("new")
    assert [one["message"]["text"] for one in await bot.result("getUpdates")] == ["/start", "new"]


@pytest.mark.parametrize(
    "poison",
    [
        "no object", [], None, {}, {"message_id": []}, {"message_id": 10**30, "text": "\ud800"}, {"text": float("inf")},
        {"$set": {"a.b": 1}, "": "\x00"},
    ],
)  # fmt: skip
async def test_what_no_telegram_would_send_can_be_sent(
    bot: BareBot, person: Person, simulator: TelegramSimulator, poison: object
) -> None:
    """As it is, between two good ones; and it can be confirmed."""
    person.bot.updates.add("message", poison, "777")
    person.say("after it")
    async with bot.http.get(f"{bot.base}/getUpdates") as answer:
        given = json.loads(await answer.read())["result"]
    assert given[1]["message"] == poison
    assert given[2]["message"]["text"] == "after it"
    assert await bot.result("getUpdates", offset=given[2]["update_id"])
    assert len(simulator.journal.confirmed) == 2
