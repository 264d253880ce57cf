"""What a channel remembers of its service, and counts."""

import asyncio

from hub.model.ids import ChannelId
from hub.store.channel_marks import ChannelMarks
from hub.store.connection import Connection

ONE, OTHER = ChannelId("one"), ChannelId("other")


async def test_what_many_count_at_once_is_counted_by_slots(connection: Connection) -> None:
    """Each hears what all have counted up to then; another channel's and another name's stay apart."""
    marks = ChannelMarks(connection.database)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(marks.tally(ONE, "sends", 7, 1, 1)) for _ in range(20)]
    assert sorted(task.result()[7] for task in tasks) == list(range(1, 21))
    assert await marks.tally(ONE, "sends", 8, 1, 2) == {7: 20, 8: 2}
    assert await marks.tally(ONE, "$sends", 8, 1, 1) == {8: 1}
    assert await marks.tally(OTHER, "sends", 8, 1, 0) == {8: 0}


async def test_slots_that_matter_no_more_go_and_no_slot_holds_less_than_nothing(connection: Connection) -> None:
    marks = ChannelMarks(connection.database)
    await marks.tally(ONE, "sends", 7, 1, 1)
    await marks.tally(ONE, "sends", 10, 1, 1)
    assert await marks.tally(ONE, "sends", 11, 8, -1) == {10: 1, 11: 0}
    assert await marks.beginning(ONE, "se") == {"sends": ""}
