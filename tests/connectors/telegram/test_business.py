"""Telegram Business in a whole hub: the owner's own words, and the day within which the hub may answer."""

from pathlib import Path

from connectors.abilities import LimitsAnswers
from hub.demo.telegram import business
from hub.demo.telegram.world import Account
from hub.model.conversation import Control
from hub.model.message import ActorKind, DeliveryStatus, Direction
from hub.store.connection import Connection
from tests.connectors.telegram.rig import picture
from tests.connectors.telegram.site import reply, site


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
