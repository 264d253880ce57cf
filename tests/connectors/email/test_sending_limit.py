"""What a mailbox may send an hour and a day: counted over restarts, answers before mailings, and told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.email.sending_limit import SendingLimit
from hub.model.ids import new_id
from hub.model.message import DeliveryStatus, Message
from hub.services.commands import Reply
from hub.store.connection import Connection
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.email.test_mailbox import again, answer
from tests.connectors.test_in_the_hub import OPERATOR, reply, site

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def sent(limit: SendingLimit, count: int, at: datetime) -> SendingLimit:
    for _ in range(count):
        limit.take(at)
    return limit


def test_an_hour_after_the_last_one_that_filled_it_there_is_room() -> None:
    limit = sent(SendingLimit(10, None), 10, NOON)
    assert limit.wait_s(NOON + timedelta(minutes=1)) == 59 * 60
    assert limit.wait_s(NOON + timedelta(hours=1)) == 0


def test_room_comes_back_as_it_was_used() -> None:
    limit = sent(sent(SendingLimit(10, None), 4, NOON), 6, NOON + timedelta(minutes=30))
    assert limit.wait_s(NOON + timedelta(minutes=45)) == 15 * 60
    sent(limit, 4, NOON + timedelta(hours=1))
    assert limit.wait_s(NOON + timedelta(hours=1)) == 30 * 60


def test_the_stricter_of_hour_and_day_counts() -> None:
    limit = SendingLimit(10, 15)
    sent(sent(limit, 8, NOON - timedelta(hours=5)), 7, NOON)
    assert limit.wait_s(NOON) == (24 - 5) * 3600


def test_a_mailing_leaves_room_for_answers() -> None:
    limit = sent(SendingLimit(10, None), 7, NOON)
    assert limit.wait_s(NOON, mailing=True) > 0
    assert limit.wait_s(NOON) == 0
    assert SendingLimit(1, None).wait_s(NOON, mailing=True) == 0, "a small limit lets mailings through, too"


def test_no_limit_never_waits() -> None:
    limit = sent(SendingLimit(None, None), 1000, NOON)
    assert (bool(limit), limit.wait_s(NOON)) == (False, 0)


def test_the_count_outlives_a_restart_and_anything_else_is_none() -> None:
    kept = sent(SendingLimit(10, None), 10, NOON).kept()
    restarted = SendingLimit(10, None)
    restarted.restore(kept)
    assert restarted.wait_s(NOON) == 3600
    for odd in (None, "", "{", "[1]", '{"a": 1}', '{"1": "x"}', "7"):
        restarted.restore(odd)
        assert restarted.wait_s(NOON) == 0


def test_what_is_a_day_old_is_not_kept() -> None:
    limit = sent(SendingLimit(None, 10), 3, NOON)
    assert len(sent(limit, 1, NOON + timedelta(days=2)).kept()) < 30


async def test_what_is_over_the_limit_waits_and_says_so(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """And still does when the hub was started anew in between; a raised limit lets it go."""
    async with site(connection, short_folder, "email", settings=shop.settings(sends_per_hour=1)) as at:
        shop.write("Hello")
        [conversation] = await conversations(at)
        await answer(at, conversation, reply("The first"))
        command = Reply(text="The second", seen_position=2)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, command, new_id())

        async def told() -> Message | None:
            last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
            return last if last.delivery is not None and last.delivery.reason else None

        waiting: Message = await eventually(told)
        assert waiting.delivery is not None
        assert waiting.delivery.status is DeliveryStatus.QUEUED
        assert waiting.delivery.reason == "The mailbox may send 1 mails an hour: this one waits until there is room."
        channel = at.channel
    async with again(connection, short_folder, channel) as at:
        shop.write("Are you there?", From=shop.customer, Subject="Another")
        await conversations(at, 2)
        second = (await at.hub.pipeline.messages.window(conversation.id))[-1]
        assert second.delivery is not None
        assert second.delivery.status is DeliveryStatus.QUEUED
        assert len(await shop.received(1)) == 1
