"""What a hub that died had claimed, and what becomes of it at the hub that comes after."""

import pytest

from hub.app.process import Process
from hub.model.ids import TurnId
from hub.model.message import DeliveryStatus
from hub.store.connection import Connection
from tests.services import ahead_steps as steps
from tests.services.desk import eventually
from tests.services.flow_desk import open_flow_desk

NAME, SIZE = "What is your name?", "How many are you?"


async def test_hub_that_died_with_an_answer_on_its_way_leaves_it_in_doubt(connection: Connection) -> None:
    """It was claimed and is not stored: who comes after waits for the claim's end, and says that it may come twice."""
    async with open_flow_desk(connection, send_lease_s=0.5, shutdown_s=0.1) as one:
        conversation = await steps.asked(one)
        steps.held(one, arrives=False)
        await one.says("Ann", channel=one.phone)
        await eventually(lambda: steps.begun(one, 2))
    async with open_flow_desk(connection, send_lease_s=0.5) as two:
        await eventually(lambda: steps.waits(two, conversation, 2))
        await eventually(lambda: steps.final(two, conversation))
        assert [message.text for message in two.service.seen] == [SIZE]
        delivery = (await two.said(conversation))[1].delivery
        assert delivery is not None
        assert (delivery.status, delivery.may_repeat) == (DeliveryStatus.SENT, True)


@pytest.mark.parametrize("stored", [False, True])
async def test_what_a_dead_hub_had_on_its_way_waits_for_nobody_where_its_death_is_known(
    connection: Connection, *, stored: bool
) -> None:
    """Whoever starts in its place tries again at once, with the same mark as when the claim had run out."""
    first, second = Process("host:1:a"), Process("host:2:b", ("host:1:a",))
    async with open_flow_desk(connection, send_lease_s=3_600, shutdown_s=0.1, process=first) as one:
        conversation = await steps.asked(one)
        if not stored:
            steps.held(one, arrives=False)
        one.service.hold.clear()
        await one.says("Ann", channel=one.phone)
        await eventually(lambda: steps.begun(one, 2))
        if stored:
            await eventually(lambda: steps.waits(one, conversation, 2))
        assert await one.pipeline.leases.acquire("channel:phone", first.owner, 3_600) is not None
    async with open_flow_desk(connection, send_lease_s=3_600, process=second) as two:
        assert await two.pipeline.leases.acquire("channel:phone", second.owner, 60) is not None
        await eventually(lambda: steps.waits(two, conversation, 2))
        await eventually(lambda: steps.final(two, conversation))
        assert [message.text for message in two.service.seen] == [SIZE]
        delivery = (await two.said(conversation))[1].delivery
        assert delivery is not None
        assert (delivery.status, delivery.may_repeat) == (DeliveryStatus.SENT, True)


async def test_what_is_reserved_for_a_dead_hub_is_not_in_doubt(connection: Connection) -> None:
    """It was never handed out: it is sent once, without a mark, and in its order."""
    first, second = Process("host:1:a"), Process("host:2:b", ("host:1:a",))
    async with open_flow_desk(connection, send_lease_s=3_600, shutdown_s=0.1, process=first) as one:
        conversation = await steps.asked(one)
        one.service.hold.clear()
        await one.says("Ann", channel=one.phone)
        await eventually(lambda: steps.begun(one, 2))
        await eventually(lambda: steps.waits(one, conversation, 2))
        await one.pipeline.outbox.append(steps.message(one, conversation, TurnId("t")))
        reserved = (await one.said(conversation))[2].delivery
        assert reserved is not None
        assert (reserved.status, reserved.due_at is None) == (DeliveryStatus.QUEUED, False)
    async with open_flow_desk(connection, send_lease_s=3_600, process=second) as two:
        await eventually(lambda: steps.final(two, conversation))
        assert [message.text for message in two.service.seen] == [SIZE, "more"]
        marks = [message.delivery.may_repeat for message in await two.said(conversation) if message.delivery]
        assert marks == [False, True, False]
