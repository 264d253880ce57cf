"""Receiving over the simulator: polling and webhook, and what goes wrong with them."""

import asyncio

import pytest

from connectors.errors import ChannelAuthError, ChannelConfigError, ChannelUnavailable, NotAccepting
from hub.demo.telegram.clock import ManualClock
from hub.demo.telegram.faults import What
from hub.demo.telegram.server import TelegramSimulator
from hub.model.events import ContactReturned, ContactStopped, MessageEdited, MessageReceived, ReactionsChanged
from tests.connectors.doubles import HubDouble, channel_of, until
from tests.connectors.telegram.rig import TOKEN, picture, playing

WEEK_S = 8 * 86_400.0


async def test_a_message_is_confirmed_only_after_it_is_durable() -> None:
    """While `receive` has not returned, Telegram keeps the update."""
    async with playing() as at, at.listening():
        at.hub.gate.clear()
        at.person.say("Hello")
        await until(lambda: at.hub.offered)
        await asyncio.sleep(0.05)  # time for a wrong offset to arrive
        assert at.simulator.journal.confirmed == []
        at.hub.gate.set()
        await until(lambda: at.simulator.journal.confirmed)
        assert at.hub.texts == ["Hello"]


async def test_what_was_not_accepted_comes_again() -> None:
    """Nothing is confirmed; the next time the same update gets through."""
    async with playing() as at:
        at.hub.accepting = False
        at.person.say("Hello")
        async with at.listening():
            await until(lambda: at.faults)
        assert isinstance(at.faults[0], NotAccepting)
        assert at.simulator.journal.confirmed == []
        at.hub.accepting = True
        async with at.listening():
            await until(lambda: at.simulator.journal.confirmed)
        assert at.hub.texts == ["Hello"]


async def test_one_bad_update_is_parked_and_the_rest_flows() -> None:
    """The libraries' own polling would ask for it for ever, and never see what is behind it."""
    async with playing() as at:
        at.person.say("before")
        at.bot.updates.add("message", {"message_id": 5, "text": "no chat"}, "777")
        at.bot.updates.add("message", {"message_id": 6, "text": "\ud800"}, "777")
        at.bot.updates.add("thought_reading", {"id": "t1"}, "777")
        at.person.say("after")
        async with at.listening():
            await until(lambda: len(at.simulator.journal.confirmed) == 5)
        assert at.hub.texts == ["before", "after"]
        assert len(at.hub.parked) == 3
        assert not at.faults


async def test_messages_of_many_keep_their_order_each() -> None:
    async with playing() as at, at.listening():
        people = [at.simulator.person(at.bot, 1_000 + n, f"Sample {n}") for n in range(5)]
        for number in range(40):
            people[number % 5].say(f"{number % 5}:{number // 5}")
        await until(lambda: len(at.hub.texts) == 40)
        for one in range(5):
            mine = [text for text in at.hub.texts if text.startswith(f"{one}:")]
            assert mine == [f"{one}:{n}" for n in range(8)]


async def test_update_ids_may_begin_anew_after_a_quiet_week() -> None:
    """Ids are compared for equality only: what comes under a lower number is read all the same."""
    clock = ManualClock()
    simulator = TelegramSimulator(clock=clock, seed=3, limits=None)
    async with playing(simulator=simulator) as at, at.listening():
        for number in range(6):
            at.person.say(f"week {number}")
            await until(lambda: len(at.hub.texts) == number + 1)  # noqa: B023  (awaited at once)
            await _confirmed(at.simulator, number + 1, clock)
            clock.advance(WEEK_S)
        ids = at.simulator.journal.confirmed_ids()
        assert ids != sorted(ids)
        assert at.hub.texts == [f"week {number}" for number in range(6)]


async def _confirmed(simulator: TelegramSimulator, count: int, clock: ManualClock) -> None:
    async with asyncio.timeout(5):
        while len(simulator.journal.confirmed) < count:
            clock.advance(0.1)
            await asyncio.sleep(0.005)


async def test_an_equal_update_id_of_another_message_is_another_message() -> None:
    """The identity of a message is its chat and number, not the number of the update."""
    async with playing() as at, at.listening():
        first = at.person.say("first")
        await until(lambda: at.simulator.journal.confirmed)
        at.bot.updates.next_id -= 1
        at.person.say("second")
        await until(lambda: len(at.hub.texts) == 2)
        at.bot.updates.add("message", first, "777")  # and a repeat under another number is none
        at.person.say("third")
        await until(lambda: len(at.hub.texts) == 3)
        assert at.hub.texts == ["first", "second", "third"]


async def test_a_second_reader_is_told_in_a_sentence() -> None:
    """409 is no network error: the admin reads that another program has the token."""
    async with playing() as at, playing(simulator=None) as _, at.listening():
        await asyncio.sleep(0.05)
        poller = at.simulator._pollers[TOKEN]
        async with asyncio.timeout(5):
            while not at.faults:
                poller.end("terminated by other getUpdates request; make sure that only one bot instance is running")
                await asyncio.sleep(0.05)
        assert isinstance(at.faults[0], ChannelUnavailable)
        assert "Another program reads this bot's messages" in str(at.faults[0])


async def test_a_wrong_token_needs_attention() -> None:
    async with playing(opened=False) as at:
        settings = {**at.connector.channel.settings, "token": "43:ANOTHER-TOKEN"}
        connector = type(at.connector)(channel_of("telegram", **settings), HubDouble().services())
        with pytest.raises(ChannelAuthError, match="BotFather"):
            await connector.open()
        await connector.close()


async def test_a_telegram_that_is_away_is_tried_again() -> None:
    async with playing(opened=False) as at:
        settings = {**at.connector.channel.settings, "api_url": "http://127.0.0.1:9"}
        connector = type(at.connector)(channel_of("telegram", **settings), HubDouble().services())
        with pytest.raises(ChannelUnavailable):
            await connector.open()
        await connector.close()


@pytest.mark.parametrize("what", [What.SERVER_ERROR, What.GARBLED, What.REQUEST_LOST, What.THROTTLED])
async def test_a_fault_of_polling_loses_nothing(what: What) -> None:
    """The channel backs off, and the next round has the update."""
    async with playing() as at:
        at.simulator.faults.add(what, "getUpdates", times=1)
        at.person.say("Hello")
        async with at.listening():
            await until(lambda: at.faults)
        assert at.hub.texts == []
        async with at.listening():
            await until(lambda: at.hub.texts == ["Hello"])


async def test_webhook_is_set_with_a_secret_and_removed_for_polling() -> None:
    """Changing the setting is all there is to do; what came meanwhile is kept."""
    async with playing(mode="webhook", webhook_url="http://127.0.0.1:9") as at:
        webhook = at.bot.webhook
        assert webhook is not None
        assert webhook.url == f"http://127.0.0.1:9/hooks/telegram/{at.connector.channel.key}"
        assert len(webhook.secret) == 64
        assert "message_reaction" in at.bot.updates.allowed
        at.person.say("Hello")
        settings = {**at.connector.channel.settings, "mode": "polling", "webhook_url": None}
        polling = type(at.connector)(channel_of("telegram", **settings), at.hub.services())
        await polling.open()
        assert at.bot.webhook is None
        async with asyncio.TaskGroup() as group:
            task = group.create_task(polling.listen(at.hub.receive))
            await until(lambda: at.hub.texts == ["Hello"])
            task.cancel()
        await polling.close()


async def test_the_webhook_goes_with_the_channel() -> None:
    """Switched off, Telegram keeps what is written; a bot that another program reads keeps its webhook."""
    async with playing(mode="webhook", webhook_url="http://127.0.0.1:9") as at:
        bridged = channel_of(
            "telegram", **{**at.connector.channel.settings, "mode": "bridge", "bridge_secret": "b" * 16}
        )
        other = type(at.connector)(bridged, at.hub.services())
        await other.open()
        await other.depart()
        await other.close()
        assert at.bot.webhook is not None
        await at.connector.depart()
        assert at.bot.webhook is None


async def test_an_address_that_telegram_refuses_is_named() -> None:
    async with playing(opened=False, mode="webhook", webhook_url="http://127.0.0.1:0") as at:
        with pytest.raises(ChannelConfigError, match="public https address"):
            await at.connector.open()
        await at.connector.close()


@pytest.mark.parametrize("url", ["http://api.example.org", "ftp://example.org", "example.org", "https://e.org/?a=1"])
async def test_a_token_never_travels_in_clear(url: str) -> None:
    async with playing(opened=False) as at:
        settings = {**at.connector.channel.settings, "api_url": url}
        with pytest.raises(ChannelConfigError, match="api_url"):
            type(at.connector).check(channel_of("telegram", **settings))


@pytest.mark.parametrize("groups", [False, True])
async def test_groups_are_conversations_only_where_that_is_set(groups: bool) -> None:
    async with playing(groups=groups) as at, at.listening():
        group = at.simulator.group("Sample buyers", at.bot)
        at.person.at(group).say("Is anybody there?")
        at.person.say("private")
        await until(lambda: "private" in at.hub.texts)
        assert at.hub.texts == (["Is anybody there?", "private"] if groups else ["private"])


async def test_everything_a_person_does_arrives() -> None:
    """Edits, reactions, blocks, files, phone: by the simulator's own hands."""
    async with playing() as at, at.listening():
        await until(lambda: "message_reaction" in at.bot.updates.allowed)
        said = at.person.say("Helo")
        at.person.edit(said, "Hello")
        at.person.react(said, "👍")
        at.person.share_contact()
        at.person.send_location(55.75, 37.61)
        at.person.send_album([("photo", picture(1)), ("photo", picture(2))], "both")
        at.person.block()
        at.person.unblock()
        await until(lambda: any(isinstance(event, ContactReturned) for event in at.hub.events))
        kinds = [type(event) for event in at.hub.events]
        assert kinds.count(MessageReceived) == 5
        assert [kind for kind in kinds if kind is not MessageReceived] == [
            MessageEdited, ReactionsChanged, ContactStopped, ContactReturned,
        ]  # fmt: skip
        assert not at.hub.parked


async def test_a_pressed_button_stops_to_glow() -> None:
    """With a word where the hub has one, without one soon after."""
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "f:s:1:0"}]]}
    async with playing() as at, at.listening():
        asked = at.simulator.world.post(at.person.chat, at.bot.wire(), {"text": "Agree?", "reply_markup": keyboard})
        query = at.person.press(asked, "Yes")
        await until(lambda: at.simulator.journal.of("answerCallbackQuery"))
        assert at.simulator.journal.of("answerCallbackQuery")[0].arguments["callback_query_id"] == query
        again = at.person.press(asked, "Yes")
        await until(lambda: len(at.hub.texts) == 2)
        at.connector.toast(at.hub.by_external_id[f"callback:{again}"].id, "This question is over.")
        await until(lambda: len(at.simulator.journal.of("answerCallbackQuery")) == 2)
        assert at.simulator.journal.of("answerCallbackQuery")[1].arguments["text"] == "This question is over."
        received = at.hub.events[0]
        assert isinstance(received, MessageReceived)
        assert (received.text, received.button) == ("Yes", "f:s:1:0")
