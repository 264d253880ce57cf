"""Telegram Business in a whole hub: the owner's own words, and the day within which the hub may answer."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.abilities import Inspects, LimitsAnswers
from connectors.errors import MessageRejected
from connectors.telegram.addresses import Chat
from connectors.telegram.business import KEPT, NOTICES, Accounts
from hub.demo.telegram import business
from hub.demo.telegram.world import Account
from hub.demo.telegram.world import Connection as BusinessConnection
from hub.model.conversation import Control
from hub.model.message import ActorKind, DeliveryStatus, Direction
from hub.store.channels import Channels
from hub.store.connection import Connection
from tests.connectors.doubles import HubDouble, MarksDouble
from tests.connectors.telegram.rig import picture
from tests.connectors.telegram.site import Site, reply, site

ENDS = frozenset({DeliveryStatus.SENT, DeliveryStatus.FAILED})


async def test_what_the_owner_writes_by_hand_is_an_answer_of_a_person(connection: Connection, tmp_path: Path) -> None:
    """It stands in the conversation once, in their name, as sent; the contact waits no longer."""
    async with site(connection, tmp_path) as at:
        world = at.simulator.world
        shop = business.connect(world, at.bot, world.add_account(Account(5, "Owner")))
        customer = business.customer(world, at.bot, shop, at.person.account)
        owner = business.owner(world, at.bot, shop, at.person.account)
        customer.say("Are you there?")
        await at.until(lambda thread: len(thread) == 1)
        owner.say("Yes, from my phone")
        owner.send_file("photo", picture(12), caption="This one")
        thread = await at.until(lambda thread: len(thread) == 3 and thread[2].attachments[0].status == "stored")
        assert [(one.direction, one.text) for one in thread] == [
            (Direction.IN, "Are you there?"), (Direction.OUT, "Yes, from my phone"), (Direction.OUT, "This one"),
        ]  # fmt: skip
        assert (thread[1].author.kind, thread[1].author.name) == (ActorKind.OPERATOR, "Owner")
        assert thread[1].delivery is not None
        assert thread[1].delivery.status is DeliveryStatus.SENT
        [conversation] = await at.conversations()
        newest = await at.hub.pipeline.turn_store.newest(conversation, fresh=True)
        assert newest is not None
        assert (newest.state.waiting_since, newest.state.control) == (None, Control.QUEUE)

        await at.act(reply("And from the hub"))  # its echo is not taken for the owner's words
        thread = await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status == "sent")
        customer.say("Thanks")
        thread = await at.until(lambda thread: thread[-1].text == "Thanks")
        assert len(thread) == 5
        assert not at.simulator.journal.sent(777)[1:]


async def test_the_owner_may_write_first(connection: Connection, tmp_path: Path) -> None:
    """A conversation begins with it, and goes on with the contact's answer."""
    async with site(connection, tmp_path) as at:
        world = at.simulator.world
        shop = business.connect(world, at.bot, world.add_account(Account(5, "Owner")))
        customer = business.customer(world, at.bot, shop, at.person.account)
        business.owner(world, at.bot, shop, at.person.account).say("Your order is ready")
        await at.until(lambda thread: len(thread) == 1)
        customer.say("On my way")
        thread = await at.until(lambda thread: len(thread) == 2)
        assert [one.text for one in thread] == ["Your order is ready", "On my way"]
        assert len(await at.conversations()) == 1


async def test_what_the_owner_changes_there_changes_here(connection: Connection, tmp_path: Path) -> None:
    """With what it said before; one whose first wording never came is recorded as it is now."""
    async with site(connection, tmp_path) as at:
        world = at.simulator.world
        shop = business.connect(world, at.bot, world.add_account(Account(5, "Owner")))
        owner = business.owner(world, at.bot, shop, business.customer(world, at.bot, shop, at.person.account).account)
        said = owner.say("It costs 100")
        await at.until(lambda thread: len(thread) == 1)
        owner.edit(said, "It costs **200**")
        [message] = await at.until(lambda thread: thread[0].edits)
        assert (message.text, message.edits[0].text, message.direction) == (
            "It costs **200**", "It costs 100", Direction.OUT,
        )  # fmt: skip
        owner.edit({**said, "message_id": 4_242}, "Come at ten")
        thread = await at.until(lambda thread: len(thread) == 2)
        assert (thread[1].text, thread[1].author.name) == ("Come at ten", "Owner")


async def test_a_customer_cannot_change_the_owners_words(connection: Connection, tmp_path: Path) -> None:
    """Only what the owner's own account changes counts for the owner's message."""
    async with site(connection, tmp_path) as at:
        world = at.simulator.world
        shop = business.connect(world, at.bot, world.add_account(Account(5, "Owner")))
        customer = business.customer(world, at.bot, shop, at.person.account)
        said = business.owner(world, at.bot, shop, at.person.account).say("It costs 200")
        await at.until(lambda thread: len(thread) == 1)
        customer.edit({**said, "from": at.person.account.wire()}, "It costs 1")
        thread = await at.until(lambda thread: len(thread) == 2)
        assert [(one.text, one.direction) for one in thread] == [
            ("It costs 200", Direction.OUT), ("It costs 1", Direction.IN),
        ]  # fmt: skip


async def test_an_answer_is_refused_while_the_owner_does_not_let_us(connection: Connection, tmp_path: Path) -> None:
    """Before anything goes to Telegram, with what the owner can do about it; when they let us again, answers go."""
    async with site(connection, tmp_path) as at:
        world = at.simulator.world
        shop = business.connect(world, at.bot, world.add_account(Account(5, "Owner")))
        business.customer(world, at.bot, shop, at.person.account).say("Are you there?")
        await at.until(lambda thread: len(thread) == 1)
        refused: list[str] = []
        for enabled, rights, standing, notice in (
            (False, business.RIGHTS, "telegram_account_off", "has disconnected"),
            (True, {"can_reply": False}, "telegram_account_silent", "does not let"),
            (True, business.RIGHTS, "telegram_account_answers", None),
        ):
            business.change(at.bot, shop, enabled=enabled, rights=rights)
            await _shown(at, standing)
            await _noticed(at, notice)
            await at.act(reply("Yes"))
            thread = await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status in ENDS)
            delivery = thread[-1].delivery
            assert delivery is not None
            if delivery.status is DeliveryStatus.FAILED:
                assert delivery.reason is not None
                refused.append(delivery.reason)
                assert not at.simulator.journal.of("sendMessage")
        assert len(refused) == 2
        assert "Owner has disconnected this bot" in refused[0]
        assert "Owner does not let this bot answer" in refused[1]


async def _noticed(at: Site, words: str | None) -> None:
    """Wait until the channel's health says so; None: nothing."""
    channels = Channels(at.hub.connection.database)
    async with asyncio.timeout(60):
        while True:
            channel = await channels.get(at.channel.id)
            assert channel is not None
            notice = channel.health.notice
            if notice is None if words is None else words in (notice or ""):
                return
            await asyncio.sleep(0.1)


async def _shown(at: Site, standing: str) -> None:
    """Wait until the channel says of its account that it stands so."""
    connector: object = at.hub.supervisor.connector(at.channel.id)
    assert isinstance(connector, Inspects)
    async with asyncio.timeout(30):
        while standing not in [fact.code for fact in await connector.inspect()]:
            await asyncio.sleep(0.05)


async def test_an_account_that_was_connected_long_ago_is_asked_for(connection: Connection, tmp_path: Path) -> None:
    """What it allows may never have been said to this hub."""
    async with site(connection, tmp_path) as at:
        world = at.simulator.world
        owner = world.add_account(Account(5, "Owner"))
        shop = at.bot.connections["bc1"] = BusinessConnection("bc1", owner, {"can_reply": False}, world.now())
        business.customer(world, at.bot, shop, at.person.account).say("Are you there?")
        await at.until(lambda thread: len(thread) == 1)
        await at.act(reply("Yes"))
        thread = await at.until(lambda thread: thread[-1].delivery and thread[-1].delivery.status in ENDS)
        assert thread[-1].delivery is not None
        assert "Owner does not let this bot answer" in (thread[-1].delivery.reason or "")
        assert at.simulator.journal.of("getBusinessConnection")
        assert not at.simulator.journal.of("sendMessage")


async def test_a_late_word_about_an_account_changes_nothing() -> None:
    """Webhooks may come twice and late; after a quiet week their numbers begin anew."""
    hub = HubDouble()
    accounts = Accounts(MarksDouble(), hub, _nobody_knows)

    async def hear(number: int, *, enabled: bool) -> bool:
        body = {"id": "bc1", "user": {"id": 5, "first_name": "Owner"}, "is_enabled": enabled, "can_reply": True}
        await accounts.note({"update_id": number, "business_connection": body})
        [account] = await accounts.all()
        return account.enabled

    assert await hear(900, enabled=True)
    assert not await hear(902, enabled=False)
    assert not await hear(901, enabled=True)
    hub.time += timedelta(days=8)
    assert await hear(5, enabled=True)


async def _nobody_knows(_connection: str) -> None:
    return None


async def test_only_business_chats_have_a_day(connection: Connection, tmp_path: Path) -> None:
    async with site(connection, tmp_path) as at:
        world = at.simulator.world
        shop = business.connect(world, at.bot, world.add_account(Account(5, "Owner")))
        business.customer(world, at.bot, shop, at.simulator.person(at.bot, 778, "Sample").account).say("By business")
        thread = await at.until(lambda thread: thread)
        connector: object = at.hub.supervisor.connector(at.channel.id)
        assert isinstance(connector, LimitsAnswers)
        addresses = await at.hub.pipeline.contacts.addresses(thread[0].contact)
        assert connector.answer_window_s(addresses) == 86_400
        assert connector.answer_window_s(()) is None


async def test_accounts_that_come_and_go_are_not_kept_for_ever() -> None:
    """Anybody can connect theirs. Who is connected stays known before who has left; of others Telegram is asked."""
    hub, marks, asked = HubDouble(), MarksDouble(), []

    def said(name: str, *, enabled: bool, can_reply: bool = True) -> dict[str, object]:
        return {"id": name, "user": {"id": 5, "first_name": name}, "is_enabled": enabled, "can_reply": can_reply}

    async def ask(name: str) -> dict[str, object]:
        asked.append(name)
        return said(name, enabled=False)

    accounts = Accounts(marks, hub, ask)
    for number in range(4 * KEPT):
        hub.time += timedelta(seconds=1)
        body = said("shop" if number == 7 else f"c{number}", enabled=number == 7)
        await accounts.note({"update_id": number, "business_connection": body})
        assert len(marks.values) <= KEPT
    assert len(accounts.notice()) <= NOTICES
    await accounts.check(Chat(id=1, business="shop"))
    assert not asked
    with pytest.raises(MessageRejected, match="disconnected"):
        await accounts.check(Chat(id=1, business="c3"))
    assert asked == ["c3"]

    for number in range(2 * KEPT):  # as a hub that forgot none has left them
        value = marks.values["business:c3"].replace('"id":"c3"', f'"id":"old{number}"')
        await marks.set(f"business:old{number}", value)
    assert len(marks.values) > 2 * KEPT
    await accounts.open()
    assert len(marks.values) <= KEPT
    assert "business:shop" in marks.values
