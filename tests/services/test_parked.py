"""Parked events: kept raw, shown, and played again exactly once."""

from collections.abc import Sequence

import pytest

from connectors.base import unreadable
from connectors.errors import PayloadInvalid
from hub.model.channel import Channel
from hub.model.events import InboundEvent, MessageReceived, Received, Sender, Unreadable
from hub.model.ids import ParkedId
from hub.model.operator import Role
from hub.model.parked import ParkedStatus
from hub.services.errors import Conflict, NotAllowed, NotFound
from hub.services.parked import Parked
from hub.store.connection import Connection
from hub.store.parked import RAW_BYTES, ParkedEvents
from tests.services.desk import channel, open_desk, viewer

ADMIN = viewer("admin", role=Role.ADMIN)
RAW = b"\x00\xffraw"


class Reader:
    """A parser that somebody mends."""

    mended = False

    def parse(self, kind: str, raw: bytes) -> Sequence[InboundEvent]:
        """Reads what it can."""
        if not self.mended:
            raise PayloadInvalid("still broken")
        sender = Sender(kind="test", value="visitor", name="visitor")
        return [MessageReceived(external_id="update-7", sender=sender, text=f"{kind} {len(raw)}")]


def _parked(connection: Connection, known: Channel, reader: Reader) -> Parked:
    async def load(_: str) -> Channel | None:
        return known

    return Parked(ParkedEvents(connection.database), load, reader.parse)


async def test_a_parked_event_is_replayed_exactly_once(connection: Connection) -> None:
    """After the fix it becomes the message it always was; a second replay and a late repeat are nothing."""
    async with open_desk(connection) as desk:
        reader = Reader()
        parked = _parked(connection, desk.shop, reader)
        await parked.park(desk.shop, unreadable(RAW, "Not JSON", "update-7"))
        [found] = await parked.waiting(ADMIN)
        assert (found.raw, found.reason, found.attempts, found.external_id) == (RAW, "Not JSON", 1, "update-7")
        with pytest.raises(Conflict):
            await parked.replay(ADMIN, found.id, desk.pipeline.inbound.receive)
        [found] = await parked.waiting(ADMIN)
        assert (found.attempts, found.reason) == (2, "still broken")
        reader.mended = True
        for _ in range(2):
            done = await parked.replay(ADMIN, found.id, desk.pipeline.inbound.receive)
            assert done.status is ParkedStatus.DONE
        [again] = await desk.pipeline.inbound.receive(desk.shop, reader.parse("shop", RAW))
        assert again.repeated
        assert again.conversation is not None
        assert [one.text for one in await desk.thread(again.conversation) if one.external_id] == ["webchat 5"]
        assert await parked.count(ADMIN) == 0


async def test_a_replay_that_is_parked_again_still_waits(connection: Connection) -> None:
    """What could be read and not be stored is no more done than before."""
    shop = channel("shop", "test")
    reader = Reader()
    reader.mended = True
    parked = _parked(connection, shop, reader)
    await parked.park(shop, unreadable(RAW, "Not JSON"))
    [found] = await parked.waiting(ADMIN)

    async def receive(_: Channel, events: Sequence[InboundEvent]) -> list[Received]:
        return [Received(external_id=event.external_id, parked=True) for event in events]

    with pytest.raises(Conflict):
        await parked.replay(ADMIN, found.id, receive)
    assert await parked.count(ADMIN) == 1


async def test_the_same_event_is_parked_once(connection: Connection) -> None:
    """It counts its attempts; one that is done does not come back."""
    shop = channel("shop", "test")
    store = ParkedEvents(connection.database)
    first = await store.park(shop, unreadable(RAW, "Not JSON"))
    assert await store.park(shop, unreadable(RAW, "$Not JSON either")) == first
    assert await store.park(shop, unreadable(b"other", "Not JSON")) != first
    found = await store.get(shop.project, first)
    assert found is not None
    assert (found.attempts, found.reason) == (2, "$Not JSON either")
    assert found.last_at >= found.first_at
    await store.done(first)
    await store.park(shop, unreadable(RAW, "Not JSON"))
    assert await store.count(shop.project) == 1


async def test_a_payload_beyond_what_can_be_kept_says_so(connection: Connection) -> None:
    """The beginning is kept, and the reason tells that it is not all."""
    shop = channel("shop", "test")
    store = ParkedEvents(connection.database)
    event = Unreadable(external_id="big", raw=b"x" * (RAW_BYTES + 1), reason="Too big.")
    found = await store.get(shop.project, await store.park(shop, event))
    assert found is not None
    assert len(found.raw) == RAW_BYTES
    assert str(RAW_BYTES + 1) in found.reason


async def test_only_who_manages_channels_sees_parked_events(connection: Connection) -> None:
    """And nobody sees those of another project."""
    shop = channel("shop", "test")
    parked = _parked(connection, shop, Reader())
    await parked.park(shop, unreadable(RAW, "Not JSON"))
    [found] = await parked.waiting(ADMIN)
    operator = viewer("operator")
    with pytest.raises(NotAllowed):
        await parked.waiting(operator)

    async def receive(_: Channel, events: Sequence[InboundEvent]) -> list[object]:
        raise AssertionError(events)

    with pytest.raises(NotAllowed):
        await parked.replay(operator, found.id, receive)  # type: ignore[arg-type]
    foreign = ADMIN.model_copy(update={"project": "other"})
    assert await parked.waiting(foreign) == []
    with pytest.raises(NotFound):
        await parked.replay(foreign, found.id, receive)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await parked.replay(ADMIN, ParkedId("0" * 32), receive)  # type: ignore[arg-type]
