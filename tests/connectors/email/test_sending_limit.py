"""What a mailbox may send an hour and a day: counted over restarts, answers before mailings, and told."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.abilities import WritesLetters
from connectors.base import OutgoingMessage
from connectors.email.connector import Email
from connectors.email.sending_limit import SendingLimit
from connectors.errors import MessageRejected
from hub.model.conversation import Conversation
from hub.model.ids import new_id
from hub.model.message import DeliveryStatus, Message
from hub.services.commands import Reply
from hub.store.connection import Connection
from tests.connectors.doubles import until
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.email.test_copies import through
from tests.connectors.email.test_mailbox import again, answer
from tests.connectors.email.test_sending import SOON_S, Server, running
from tests.connectors.test_in_the_hub import OPERATOR, Site, reply, site

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def sent(limit: SendingLimit, count: int, at: datetime) -> SendingLimit:
    slot, _ = limit.slots(at)
    limit.counted(limit._sent + Counter({slot: count}), reserved=False)
    return limit


def about_to_go(limit: SendingLimit, count: int, at: datetime) -> SendingLimit:
    for _ in range(count):
        limit.reserve(at)
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


def test_what_others_have_sent_counts_beside_what_is_about_to_go_here() -> None:
    """A place is taken in this process at once, in the database a moment later; then it is one of those there."""
    limit = about_to_go(SendingLimit(10, None), 2, NOON)
    slot, oldest = limit.slots(NOON)
    assert (slot - oldest) * 300 == 86_400 - 300
    limit.counted({slot: 9})
    assert (limit.wait_s(NOON), limit.over_s(NOON)) == (3600, 0), "one is still about to go"
    limit.counted({slot: 10})
    assert limit.over_s(NOON) == 0
    limit.counted({slot: 11}, reserved=False)
    assert limit.over_s(NOON) == 3600, "others were quicker"


def test_a_place_that_came_to_nothing_is_free_again_after_some_minutes() -> None:
    """As that of a mail which somebody cancelled in the last moment: nobody says so to the mailbox."""
    limit = about_to_go(SendingLimit(1, None), 1, NOON)
    assert limit.wait_s(NOON) == 3600
    assert limit.wait_s(NOON + timedelta(minutes=9)) > 0
    assert limit.wait_s(NOON + timedelta(minutes=15)) == 0
    about_to_go(limit, 1, NOON + timedelta(days=2))
    assert len(limit._reserved) == 1


def test_a_place_that_is_given_back_is_free_at_once() -> None:
    limit = about_to_go(SendingLimit(1, None), 1, NOON)
    limit.give_back()
    assert limit.wait_s(NOON) == 0
    limit.give_back()
    assert limit.wait_s(NOON) == 0


async def test_a_mail_that_cannot_be_made_leaves_its_place_to_the_next(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """A file of it is gone: it fails, and the one mail an hour goes to another."""
    async with site(connection, short_folder, "email", settings=shop.settings(sends_per_hour=1)) as at:
        shop.write("Hello")
        [conversation] = await conversations(at)
        connector = at.hub.supervisor.connector(at.channel.id)
        assert isinstance(connector, Email)
        making = connector._mail

        async def gone(message: OutgoingMessage) -> Any:
            raise MessageRejected("file_gone", "The file no longer exists.")

        connector._mail = gone  # type: ignore[method-assign]
        failed = await answer(at, conversation, reply("The first"))
        assert failed.delivery is not None
        assert failed.delivery.status is DeliveryStatus.FAILED
        connector._mail = making  # type: ignore[method-assign]
        sent_now = await answer(at, conversation, reply("The second"))
        assert sent_now.delivery is not None
        assert sent_now.delivery.status is DeliveryStatus.SENT


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


async def test_hubs_that_send_for_the_same_mailbox_share_its_limit(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The other has sent what may be sent: the mail waits, though this hub has sent none."""
    async with (
        site(connection, short_folder, "email", settings=shop.settings(sends_per_hour=1)) as at,
        again(connection, short_folder, at.channel) as other,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        shop.write("Hello", From="another@example.test")
        [_, second] = await conversations(at, 2)
        await eventually(lambda: _sends(other))
        assert (await answer(at, conversation, reply("The first"))).delivery is not None
        await other.hub.pipeline.turns.act(OPERATOR, second.id, reply("The second"), new_id())

        async def told() -> Message | None:
            last = (await other.hub.pipeline.messages.window(second.id))[-1]
            return last if last.delivery is not None and last.delivery.reason else None

        waiting: Message = await eventually(told)
        assert waiting.delivery is not None
        assert waiting.delivery.status is DeliveryStatus.QUEUED
        assert waiting.delivery.reason == "The mailbox may send 1 mails an hour: this one waits until there is room."
        row = await at.hub.connection.database["channel_marks"].find_one({"channel": at.channel.id, "name": "sends"})
        assert row is not None
        assert list(row["slots"].values()) == [1], "what did not go is not counted"


async def _sends(at: Site) -> bool:
    return at.hub.supervisor.connector(at.channel.id) is not None


async def test_a_letter_of_the_hub_counts_and_does_not_wait(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Whoever forgot a password is let in; what the provider allows is used up all the same."""
    async with site(connection, short_folder, "email", settings=shop.settings(sends_per_hour=1)) as at:
        writer: object = at.hub.supervisor.connector(at.channel.id)
        assert isinstance(writer, WritesLetters)
        for _ in range(2):
            await writer.write(shop.customer, "A new password", "https://hub.example.org/welcome", new_id())
        assert len(await shop.received(2)) == 2
        shop.write("Hello")
        [conversation] = await conversations(at)
        command = Reply(text="Hi", seen_position=1)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, command, new_id())

        async def told() -> Message | None:
            last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
            return last if last.delivery is not None and last.delivery.reason else None

        assert "The mailbox may send 1 mails an hour" in str((await eventually(told)).delivery.reason)


async def test_an_answer_behind_another_takes_one_place(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """Two answers in a row under a limit of two: the second goes as soon as the first is out of its way."""
    async with (
        running(Server(stalls=1)) as server,
        site(connection, short_folder, "email", settings={**through(shop, server), "sends_per_hour": 2}) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, reply("The first"), new_id())
        await until(lambda: len(server.got) == 1, SOON_S)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, reply("The second"), new_id())
        server.patience.set()
        await _gone_out(at, conversation)
        assert len(server.got) == 2


async def test_a_mail_that_was_not_begun_is_not_counted(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """While the server is away each try would use up what the mailbox may send when it is back."""
    async with (
        running(Server(hangs_up=2)) as server,
        site(connection, short_folder, "email", settings={**through(shop, server), "sends_per_hour": 1}) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, reply("Good day"), new_id())
        await _gone_out(at, conversation)
        assert server.those() == [shop.customer]
        row = await at.hub.connection.database["channel_marks"].find_one({"channel": at.channel.id, "name": "sends"})
        assert row is not None
        assert sum(row["slots"].values()) == 1


async def _gone_out(at: Site, conversation: Conversation) -> None:
    """Return when the last message of the conversation is sent."""

    async def sent_out() -> bool:
        last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
        return last.delivery is not None and last.delivery.status is DeliveryStatus.SENT

    assert await eventually(sent_out)
