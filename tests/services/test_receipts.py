"""Receipts that come at an awkward time: none is lost, and none stands for another sending."""

import pytest

from connectors.base import OutgoingMessage, Sent
from connectors.errors import ChannelThrottled
from hub.model.events import ReceiptReceived, Sender
from hub.model.ids import ConversationId
from hub.model.message import Delivery, DeliveryStatus
from hub.services.commands import Reply
from hub.services.retries import Retries
from hub.store.connection import Connection
from hub.store.early_receipts import EarlyReceipt, EarlyReceipts
from tests.services.desk import Desk, Service, eventually, open_desk, viewer
from tests.services.faults import Faulty, sets

ANNA = viewer("a")


class OfOneName(Service):
    """A service that knows a message by the same id in every attempt, as mail does."""

    async def send(self, message: OutgoingMessage) -> Sent:
        """Note it, and answer with the one id."""
        await super().send(message)
        return Sent(external_ids=("s1",))


async def said(desk: Desk, target: str, status: DeliveryStatus) -> None:
    receipt = ReceiptReceived(external_id=f"{target}:{status}", target=target, status=status)
    await desk.pipeline.inbound.receive(desk.phone, [receipt])


async def replied(desk: Desk) -> ConversationId:
    """An operator's reply is on its way to the service."""
    received = await desk.says("hi", channel=desk.phone)
    conversation = ConversationId(str(received.conversation))
    await desk.pipeline.turns.settle(conversation)
    await desk.pipeline.turns.act(ANNA, conversation, Reply(text="Yes", seen_position=1), "k")
    await eventually(lambda: seen(desk, 1))
    return conversation


async def sent_again(desk: Desk, conversation: ConversationId) -> None:
    """Somebody asks for the failed message once more; it is on its way."""
    retries = Retries(desk.pipeline.outgoing, desk.pipeline.clock, desk.pipeline.outbox.wake, tried_s=60)
    message = (await desk.thread(conversation))[-1]
    assert await retries.put_back(message.id) is not None
    await eventually(lambda: seen(desk, 2))


async def seen(desk: Desk, count: int) -> bool:
    return len(desk.service.seen) == count


async def delivery(desk: Desk, conversation: ConversationId) -> Delivery:
    found = (await desk.thread(conversation))[-1].delivery
    assert found is not None
    return found


async def becomes(desk: Desk, conversation: ConversationId, status: DeliveryStatus) -> None:
    async def is_so() -> bool:
        return (await delivery(desk, conversation)).status is status

    await eventually(is_so)


async def none_waits(connection: Connection) -> bool:
    return not await connection.database["early_receipts"].count_documents({})


@pytest.mark.parametrize("status", [DeliveryStatus.READ, DeliveryStatus.FAILED])
async def test_word_about_the_first_sending_does_not_end_the_second(
    connection: Connection, status: DeliveryStatus
) -> None:
    """What became of a message that is being sent is for its sender to say: else its new id would be lost."""
    async with open_desk(connection) as desk:
        conversation = await replied(desk)
        await becomes(desk, conversation, DeliveryStatus.SENT)
        await said(desk, "s1", DeliveryStatus.FAILED)
        desk.service.hold.clear()
        await sent_again(desk, conversation)
        await said(desk, "s1", status)
        desk.service.hold.set()
        await becomes(desk, conversation, DeliveryStatus.SENT)
        assert (await delivery(desk, conversation)).external_ids == ("s2",)
        await said(desk, "s2", DeliveryStatus.READ)
        await becomes(desk, conversation, DeliveryStatus.READ)
        assert len(desk.service.seen) == 2


async def test_word_that_comes_while_the_second_sending_is_under_way_is_not_lost(connection: Connection) -> None:
    """Where the id is the same in both attempts, it waits for the mark."""
    async with open_desk(connection, service=OfOneName()) as desk:
        conversation = await replied(desk)
        await becomes(desk, conversation, DeliveryStatus.SENT)
        await said(desk, "s1", DeliveryStatus.FAILED)
        desk.service.hold.clear()
        await sent_again(desk, conversation)
        await said(desk, "s1", DeliveryStatus.READ)
        desk.service.hold.set()
        await becomes(desk, conversation, DeliveryStatus.READ)
        assert (await delivery(desk, conversation)).sent_at is not None


async def test_an_early_failure_counts_for_one_sending_only(connection: Connection) -> None:
    """A bounce that was quicker than the hub's own mark does not fail the mail that is sent again the same day."""
    service = OfOneName()
    async with open_desk(connection, service=service) as desk:
        service.hold.clear()
        conversation = await replied(desk)
        await said(desk, "s1", DeliveryStatus.FAILED)
        service.hold.set()
        await becomes(desk, conversation, DeliveryStatus.FAILED)
        await eventually(lambda: none_waits(connection))
        await sent_again(desk, conversation)
        await becomes(desk, conversation, DeliveryStatus.SENT)
        await desk.pipeline.receipts.flush()
        assert (await delivery(desk, conversation)).status is DeliveryStatus.SENT


async def test_an_early_receipt_that_a_dead_hub_left_is_applied_by_the_next(connection: Connection) -> None:
    """The hub died between marking the message as sent and looking for what had been said of it before."""
    async with open_desk(connection) as desk:
        conversation = await replied(desk)
        await becomes(desk, conversation, DeliveryStatus.SENT)
        await desk.pipeline.receipts.flush()
        early = EarlyReceipts(connection.database)
        await early.keep(desk.phone.id, EarlyReceipt("s1", DeliveryStatus.READ, {}))
        await early.keep(desk.phone.id, EarlyReceipt("unknown", DeliveryStatus.READ, {}))
    async with open_desk(connection) as desk:
        await becomes(desk, conversation, DeliveryStatus.READ)

        async def one_is_left() -> bool:
            return await connection.database["early_receipts"].distinct("target") == ["unknown"]

        await eventually(one_is_left)


async def test_an_early_receipt_is_not_forgotten_while_its_message_is_sent_again(connection: Connection) -> None:
    """The message failed, and somebody sent it again, before what had been said of it was applied."""
    service = OfOneName()
    async with open_desk(connection, service=service) as desk:
        confirms = Faulty(desk.pipeline.outgoing._collection, "update_many", sets("delivery.status", "read"))
        service.hold.clear()
        conversation = await replied(desk)
        await said(desk, "s1", DeliveryStatus.READ)
        desk.pipeline.outgoing._collection = confirms  # type: ignore[assignment]
        confirms.hold()
        service.hold.set()
        await confirms.met.wait()
        await becomes(desk, conversation, DeliveryStatus.SENT)
        await said(desk, "s1", DeliveryStatus.FAILED)
        service.hold.clear()
        await sent_again(desk, conversation)
        confirms.held.set()
        await desk.pipeline.receipts.flush()
        service.hold.set()
        await becomes(desk, conversation, DeliveryStatus.READ)
        await eventually(lambda: none_waits(connection))


async def test_a_receipt_waits_for_a_message_that_is_to_be_tried_again(connection: Connection) -> None:
    """The service has it, and answered the second attempt with an error: the third is not the contact's first look."""
    service = OfOneName()
    async with open_desk(connection, service=service) as desk:
        conversation = await replied(desk)
        await becomes(desk, conversation, DeliveryStatus.SENT)
        await said(desk, "s1", DeliveryStatus.FAILED)
        service.errors.append(ChannelThrottled(2))
        await sent_again(desk, conversation)
        await becomes(desk, conversation, DeliveryStatus.QUEUED)
        await said(desk, "s1", DeliveryStatus.READ)
        await said(desk, "s1", DeliveryStatus.FAILED)  # of the first sending, once more: it is over
        await becomes(desk, conversation, DeliveryStatus.READ)
        assert len(service.seen) == 3
        await eventually(lambda: none_waits(connection))


async def test_what_was_read_in_an_older_conversation_counts_there(connection: Connection) -> None:
    """The contact has begun another one meanwhile, in another window: nothing was read in that one."""
    async with open_desk(connection) as desk:
        older, newer = [ConversationId(str((await desk.says("hi", who=who)).conversation)) for who in ("one", "two")]
        for number, conversation in enumerate((older, newer)):
            await desk.pipeline.turns.settle(conversation)
            await desk.pipeline.turns.act(ANNA, conversation, Reply(text="Yes", seen_position=1), f"k{number}")
        lists = connection.database["conversations"]
        first = await lists.find_one({"_id": older})
        assert first is not None
        await lists.update_one({"_id": newer}, {"$set": {"contact": first["contact"], "number": 2}})
        read = ReceiptReceived(
            external_id="r", sender=Sender(kind="test", value="one"), up_to_position=2, conversation=older,
            status=DeliveryStatus.READ,
        )  # fmt: skip
        await desk.pipeline.inbound.receive(desk.shop, [read])
        await becomes(desk, older, DeliveryStatus.READ)
        assert (await delivery(desk, newer)).status is DeliveryStatus.SENT
        elsewhere = read.model_copy(update={"conversation": newer})
        await desk.pipeline.inbound.receive(desk.phone, [elsewhere])
        assert (await delivery(desk, newer)).status is DeliveryStatus.SENT, "a channel speaks of its own conversations"
