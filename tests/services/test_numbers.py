"""Numbers of conversations: found from their ids, however many a contact has had."""

import asyncio

import pytest

from hub.model.ids import ChannelId, ContactId, ConversationId
from hub.services.numbers import FEW, Numbers, conversation_id
from hub.store.connection import Connection
from tests.services.desk import eventually, open_desk
from tests.services.test_many_at_once import mail, received

YEARS = 30_000
"""Conversations of a program that writes fifty mails a day."""


class Nowhere:
    """No conversation is listed yet."""

    async def any(self, conversation: ConversationId) -> None:
        """None of them."""

    async def newest_of(self, channel: ChannelId, contact: ContactId) -> None:
        """None of them."""


async def listed(connection: Connection, count: int) -> bool:
    return await connection.database["conversations"].count_documents({}) == count


async def has_written_for_years(connection: Connection) -> ContactId:
    """The robot's first conversation is listed, and one with the number as if it had written ever since."""
    async with open_desk(connection) as desk:
        await received(desk, mail(1, "robot"))
        await eventually(lambda: listed(connection, 1))
    lists = connection.database["conversations"]
    first = await lists.find_one({})
    assert first is not None
    contact = ContactId(str(first["contact"]))
    await lists.insert_one({**first, "_id": conversation_id(desk.shop.id, contact, YEARS), "number": YEARS})
    return contact


async def test_a_program_that_writes_for_years_is_listed_as_anybody(connection: Connection) -> None:
    """A new conversation of its is one more, also after a restart; a mail that comes again gets the number, too."""
    await has_written_for_years(connection)
    async with open_desk(connection) as desk:
        [new, other] = await received(desk, mail(2, "robot"), mail(1, "person"))
        assert (new.number, other.number) == (YEARS + 1, 1)
        await eventually(lambda: listed(connection, 4))
    async with open_desk(connection) as desk:
        [again, new] = await received(desk, mail(2, "robot"), mail(3, "robot"))
        assert (again.repeated, again.number) == (True, YEARS + 1)
        assert (new.repeated, new.number) == (False, YEARS + 2)
        await eventually(lambda: listed(connection, 5))
        numbers = await connection.database["conversations"].distinct("number")
        assert numbers == [1, YEARS, YEARS + 1, YEARS + 2]


async def test_conversations_that_a_dead_hub_left_unlisted_are_found(connection: Connection) -> None:
    """Whichever of them is listed first, the others are before it and behind it."""
    contact = await has_written_for_years(connection)
    async with open_desk(connection, decide=False) as dead:
        await received(dead, *(mail(number, "robot") for number in range(2, 12)))
    async with open_desk(connection, decide=False) as other:
        [new] = await received(other, mail(12, "robot"))
        assert new.number == YEARS + 11, "those that are not listed count"
        last = conversation_id(other.shop.id, contact, YEARS + 11)
        await other.pipeline.turns.settle(last)
        held = await other.pipeline.conversations.any(last)
        assert held is not None
        assert held.number == YEARS + 11
    async with open_desk(connection) as next_:
        await eventually(lambda: listed(connection, 13))
        found = await next_.pipeline.conversations.of_contact_on(next_.shop.id, contact)
        assert [one.number for one in found] == [1, *range(YEARS, YEARS + 12)]


async def test_two_hubs_that_begin_conversations_at_once_number_them_without_a_gap(connection: Connection) -> None:
    contact = await has_written_for_years(connection)
    async with open_desk(connection) as one, open_desk(connection) as two:
        async with asyncio.TaskGroup() as group:
            for number in range(2, 22):
                group.create_task(received((one, two)[number % 2], mail(number, "robot")))
        await eventually(lambda: listed(connection, 22))
        found = await one.pipeline.conversations.of_contact_on(one.shop.id, contact)
        assert [each.number for each in found] == [1, *range(YEARS, YEARS + 21)]


async def test_a_conversation_that_is_none_of_the_contacts_ends_the_search(connection: Connection) -> None:
    """It must not run for ever."""
    async with open_desk(connection, decide=False) as desk:
        numbers = Numbers(desk.pipeline.conversations)
        contact = ContactId("somebody")
        near = conversation_id(desk.shop.id, contact, FEW + 20)
        assert await numbers.of(near, desk.shop.id, contact) == FEW + 20
        with pytest.raises(LookupError, match="somebody"):
            await numbers.of(ConversationId("0" * 32), desk.shop.id, contact)


async def test_a_search_for_a_conversation_that_is_nobodys_lets_others_work() -> None:
    """Tens of thousands of ids are made for it; between them the hub answers others."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        working = group.create_task(others())
        with pytest.raises(LookupError, match="somebody"):
            await Numbers(Nowhere()).of(ConversationId("0" * 32), ChannelId("shop"), ContactId("somebody"))
        working.cancel()
    assert turns > 100
