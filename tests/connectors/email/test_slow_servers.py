"""Mail servers that take a mail and say so late, as one with a filter does: one copy arrives, and nobody else waits."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.base import Connector
from hub.app.background import background
from hub.model.account_link import AccountLink, LetterDue, LinkKind
from hub.model.channel import Channel
from hub.model.conversation import Conversation
from hub.model.ids import MessageId, ProjectId, new_id
from hub.model.message import DeliveryStatus, Message
from hub.services.account_letters import Letter
from hub.services.commands import Reply
from hub.services.letters import Letters, Posted
from hub.services.retries import Retries
from hub.store.account_links import AccountLinks
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.outgoing import GONE_OUT
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.email.test_copies import LONG_AGO, change_delivery, reason, stored, through
from tests.connectors.email.test_mailbox import again, answer
from tests.connectors.email.test_sending import Server, running
from tests.connectors.test_in_the_hub import OPERATOR, Site, reply, site
from tests.mail_servers import SLOW_S

SHORT: Mapping[str, float] = {"send_timeout_s": 1, "send_lease_s": 2}
"""Limits that a slow answer goes beyond several times."""
ENDS_WITHIN_S = 60
"""A stop has ten seconds by default, and this machine may be busy."""


async def begun(at: Site, conversation: Conversation, text: str, server: Server) -> Message:
    """An operator answers; the message once the server has the text of it, and says nothing."""
    await at.hub.pipeline.turns.act(OPERATOR, conversation.id, reply(text), new_id())
    await eventually(lambda: _has(server, text))
    last = (await at.hub.pipeline.messages.window(conversation.id))[-1]
    assert last.delivery is not None
    assert last.delivery.status is DeliveryStatus.SENDING
    return last


async def _has(server: Server, text: str) -> bool:
    return any(text.encode() in raw for raw in server.raw)


async def other_lease_lengths(at: Site, lengths: float) -> None:
    """So many lease lengths by the clock that leases are compared with."""
    until = at.hub.pipeline.clock.now().timestamp() + lengths * SHORT["send_lease_s"]

    async def over() -> bool:
        return at.hub.pipeline.clock.now().timestamp() > until

    await eventually(over)


async def test_a_mail_that_a_filter_looks_at_for_long_arrives_once_though_another_hub_looks_for_work(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The claims outlive their time while the server thinks: that of a mail sent at once, and that of one queued."""
    async with (
        running(Server(stalls=2)) as server,
        site(connection, short_folder, "email", settings=through(shop, server), knobs=SHORT) as at,
        again(connection, short_folder, at.channel, **SHORT),
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        first = await begun(at, conversation, "The first", server)
        await at.hub.pipeline.turns.act(OPERATOR, conversation.id, reply("The second"), new_id())
        await other_lease_lengths(at, 3)
        assert not await _has(server, "The second"), "it waits its turn"
        server.patience.set()
        server.patience.clear()
        await eventually(lambda: _has(server, "The second"))
        await other_lease_lengths(at, 3)
        second = (await at.hub.pipeline.messages.window(conversation.id))[-1]
        server.patience.set()
        for message in (first, second):
            done = await stored(at, message, lambda one: one.delivery is not None and one.delivery.sent_at is not None)
            assert done.delivery is not None
            assert (done.delivery.status, done.delivery.attempts) == (DeliveryStatus.SENT, 1)
            assert not done.delivery.may_repeat
        await other_lease_lengths(at, 1)
        assert server.those() == [shop.customer, shop.customer]
        assert len({message_id for _, message_id, _ in server.got}) == 2


async def test_a_real_server_that_thinks_longer_than_the_hubs_limit_gets_a_mail_once(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Postfix with a pause before its answer; somebody else's mail is there before that."""
    async with site(connection, short_folder, "email", settings=shop.settings(), knobs=SHORT) as at:
        mark = new_id()
        shop.write("Hello", From="slow@example.test")
        [slow] = await conversations(at)
        shop.write("Hello")
        [_, quick] = await conversations(at, 2)
        began = time.monotonic()
        await at.hub.pipeline.turns.act(OPERATOR, slow.id, reply(f"Slow {mark}"), new_id())
        sent = await answer(at, quick, reply("Quick"))
        waiting = (await at.hub.pipeline.messages.window(slow.id))[-1]
        assert sent.delivery is not None
        assert sent.delivery.status is DeliveryStatus.SENT
        done = await stored(at, waiting, lambda one: one.delivery is not None and one.delivery.sent_at is not None)
        assert time.monotonic() - began >= SLOW_S
        assert done.delivery is not None
        assert done.delivery.sent_at is not None
        assert sent.delivery.sent_at is not None
        assert sent.delivery.sent_at < done.delivery.sent_at
        assert (done.delivery.attempts, done.delivery.may_repeat) == (1, False)
        found = [raw for raw in shop.servers.mails("slow@example.test") if mark.encode() in raw]
        assert len(found) == 1


async def test_one_mail_under_a_filter_holds_up_nobody_elses_and_a_second_connection_is_enough(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Ten other mails pass while the first is still looked at, though the hub sends one at a time."""
    knobs = {**SHORT, "send_workers": 1}
    async with (
        running(Server(stalls=1)) as server,
        site(
            connection, short_folder, "email", settings={**through(shop, server), "smtp_connections": 2}, knobs=knobs
        ) as at,
    ):
        shop.write("Hello")
        [first] = await conversations(at)
        waiting = await begun(at, first, "The first", server)
        for number in range(10):
            shop.write("Hello", From=f"other-{number}@example.test")
        others = (await conversations(at, 11))[1:]
        for other in others:
            sent = await answer(at, other, reply("Good day"))
            assert sent.delivery is not None
            assert (sent.delivery.status, sent.delivery.may_repeat) == (DeliveryStatus.SENT, False)
        assert len(server.raw) == 11
        server.patience.set()
        done = await stored(at, waiting, lambda one: one.delivery is not None and one.delivery.sent_at is not None)
        assert done.delivery is not None
        assert done.delivery.attempts == 1


async def test_mails_that_find_no_connection_free_wait_without_a_doubt(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Nothing of them went out: when the server answers at last they go, and nobody is told they may come twice."""
    async with (
        running(Server(stalls=1)) as server,
        site(
            connection, short_folder, "email", settings={**through(shop, server), "smtp_connections": 1}, knobs=SHORT
        ) as at,
    ):
        shop.write("Hello")
        [first] = await conversations(at)
        await begun(at, first, "The first", server)
        shop.write("Hello", From="other@example.test")
        [_, other] = await conversations(at, 2)
        await at.hub.pipeline.turns.act(OPERATOR, other.id, reply("The other"), new_id())
        waiting = (await at.hub.pipeline.messages.window(other.id))[-1]
        # It may get in line before the first counts as slow, and is then asked to come again.
        await stored(at, waiting, lambda one: one.delivery is not None and one.delivery.due_at is not None)
        await other_lease_lengths(at, 2)
        assert not await _has(server, "The other")
        server.patience.set()
        done = await stored(at, waiting, lambda one: one.delivery is not None and one.delivery.sent_at is not None)
        assert done.delivery is not None
        assert not done.delivery.may_repeat
        assert server.those() == [shop.customer, "other@example.test"]


async def test_a_stop_does_not_wait_for_a_slow_server_and_says_what_may_come_twice(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """It ends within its own time; the next hub sends the mail again, under the same Message-ID."""
    async with running(Server(stalls=1)) as server:
        knobs = {**SHORT, "shutdown_s": 1}
        async with site(connection, short_folder, "email", settings=through(shop, server), knobs=knobs) as at:
            shop.write("Hello")
            [conversation] = await conversations(at)
            message = await begun(at, conversation, "Good day", server)
            stopped_at = time.monotonic()
        assert time.monotonic() - stopped_at < ENDS_WITHIN_S
        async with again(connection, short_folder, at.channel, **SHORT) as later:
            done = await stored(
                later, message, lambda one: one.delivery is not None and one.delivery.sent_at is not None
            )
        assert done.delivery is not None
        assert (done.delivery.status, done.delivery.may_repeat) == (DeliveryStatus.SENT, True)
        assert server.those() == [shop.customer, shop.customer]
        assert len({message_id for _, message_id, _ in server.got}) == 1


async def test_a_copy_that_a_filter_looks_at_for_long_arrives_once(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """A copy that was deferred goes under a lease of its own, which is renewed as well."""
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server), knobs=SHORT) as at,
        again(connection, short_folder, at.channel, **SHORT),
    ):
        server.refusals["boss@example.test"] = ["452 4.2.2 Mailbox is full"]
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("boss@example.test",)))
        assert "has not got it yet" in reason(sent)
        server.stalls = 1
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        await eventually(lambda: _taken(server, 2))
        await other_lease_lengths(at, 3)
        server.patience.set()
        done = await stored(at, sent, lambda one: one.delivery is not None and one.delivery.copies is None)
        assert done.delivery is not None
        assert (reason(done), done.delivery.may_repeat) == ("", False)
        assert server.those() == [shop.customer, "boss@example.test"]


async def test_later_answers_go_on_while_a_copy_is_looked_at_for_long(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The mail it belongs to has been sent: whoever it is for does not wait for what the copy's server does."""
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server), knobs=SHORT) as at,
    ):
        server.refusals["boss@example.test"] = ["452 4.2.2 Mailbox is full"]
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("boss@example.test",)))
        server.stalls = 1
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        await eventually(lambda: _taken(server, 2))
        await answer(at, conversation, Reply(text="And more", seen_position=2))
        assert server.those() == [shop.customer, "boss@example.test", shop.customer]
        done = await stored(at, sent, lambda one: one.delivery is not None)
        assert done.delivery is not None
        assert done.delivery.copies is not None, "the server has yet to say that it took the copy"
        server.patience.set()
        done = await stored(at, sent, lambda one: one.delivery is not None and one.delivery.copies is None)
        assert done.delivery is not None
        assert (reason(done), done.delivery.may_repeat) == ("", False)
        assert len(server.got) == 3


async def test_a_mail_that_is_sent_again_waits_for_the_copy_that_is_under_way(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """It failed since, as by a bounce, and somebody sends it again: the copy that just gets it is left out."""
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server), knobs=SHORT) as at,
    ):
        server.refusals["boss@example.test"] = ["452 4.2.2 Mailbox is full"]
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("boss@example.test",)))
        server.stalls = 1
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        await eventually(lambda: _taken(server, 2))
        await change_delivery(at, sent, status="failed")
        pipeline = at.hub.pipeline
        retries = Retries(pipeline.outgoing, pipeline.clock, pipeline.outbox.wake, tried_s=3600)
        assert await retries.put_back(MessageId(sent.id)) is not None
        await other_lease_lengths(at, 1)
        assert not await _taken(server, 3)
        server.patience.set()
        await stored(at, sent, lambda one: one.delivery is not None and one.delivery.status in GONE_OUT)
        assert server.those() == [shop.customer, "boss@example.test", shop.customer]


async def test_a_copy_that_is_due_while_its_mail_is_sent_again_comes_with_that(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The mail is on its way to all who have not had it: no second one goes out beside it."""
    async with (
        running(Server()) as server,
        site(connection, short_folder, "email", settings=through(shop, server), knobs=SHORT) as at,
    ):
        server.refusals["boss@example.test"] = ["452 4.2.2 Mailbox is full"]
        shop.write("Hello")
        [conversation] = await conversations(at)
        sent = await answer(at, conversation, Reply(text="Hi", seen_position=1, copies=("boss@example.test",)))
        server.stalls = 1
        await change_delivery(at, sent, status="failed")
        pipeline = at.hub.pipeline
        retries = Retries(pipeline.outgoing, pipeline.clock, pipeline.outbox.wake, tried_s=3600)
        assert await retries.put_back(MessageId(sent.id)) is not None
        await eventually(lambda: _taken(server, 2))
        await change_delivery(at, sent, copies__due_at=LONG_AGO)
        await other_lease_lengths(at, 2)  # the sweep comes by in that time
        assert not await _taken(server, 3)
        server.patience.set()
        done = await stored(at, sent, lambda one: one.delivery is not None and one.delivery.status in GONE_OUT)
        assert server.those() == [shop.customer, shop.customer, "boss@example.test"]
        assert done.delivery is not None
        assert (done.delivery.copied, done.delivery.copies) == (("boss@example.test",), None)


async def _taken(server: Server, mails: int) -> bool:
    return len(server.raw) >= mails


async def test_a_letter_of_the_hub_that_a_server_says_nothing_of_goes_again_as_the_same_letter(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """First it is greylisted, then taken without a word: who is invited has one letter, whatever arrives."""
    async with (
        running(Server(stalls=1)) as server,
        site(connection, short_folder, "email", settings={**through(shop, server), "answer_within_s": 1}) as at,
    ):
        server.refusals[shop.customer] = ["451 4.7.1 Greylisted"]
        links, clock = AccountLinks(connection.database), at.hub.pipeline.clock
        letters = Letters(
            links, Channels(connection.database), clock, running=at.hub.supervisor.connector, connect=_not_needed,
            timeout_s=ENDS_WITHIN_S, pauses_s=[0.1] * 50, look_s=0.1,
        )  # fmt: skip
        link = AccountLink(
            id=new_id(), kind=LinkKind.INVITATION, project=at.channel.project, email=shop.customer,
            created_at=clock.now(), expires_at=clock.now() + timedelta(hours=1),
            letter=LetterDue(locale="en", key=new_id(), due_at=clock.now()),
        )  # fmt: skip

        async def compose(_: AccountLink) -> tuple[Sequence[ProjectId], Letter]:
            return [at.channel.project], Letter("Welcome", "Hello!")

        async with background(lambda: letters.run(compose)), letters.first_try(link.id) as posted:
            await links.add(link, link.id)
            assert await posted() is Posted.TRYING
            await eventually(lambda: _taken(server, 2))
    assert server.those() == [shop.customer, shop.customer]
    assert len({message_id for _, message_id, _ in server.got}) == 1


def _not_needed(channel: Channel) -> Connector:
    raise AssertionError(channel)


async def test_an_attempt_whose_claim_somebody_else_has_ends_and_writes_nothing(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """What the newer owner says of the message stands, and the line to the server is given up."""
    async with (
        running(Server(stalls=1)) as server,
        site(connection, short_folder, "email", settings=through(shop, server), knobs=SHORT) as at,
    ):
        shop.write("Hello")
        [conversation] = await conversations(at)
        message = await begun(at, conversation, "Good day", server)
        assert message.delivery is not None
        newer: dict[str, Any] = {
            "delivery.fence": (message.delivery.fence or 0) + 3_600_000, "delivery.status": "failed",
            "delivery.reason": "The newer owner says so.",
        }  # fmt: skip
        await at.hub.connection.database["messages"].update_one({"_id": message.id}, {"$set": newer})
        outbox = at.hub.pipeline.outbox

        async def ended() -> bool:
            return not outbox._draining

        await eventually(ended)
        server.patience.set()
        found = await at.hub.pipeline.messages.get(MessageId(message.id))
        assert found is not None
        assert found.delivery is not None
        assert found.delivery.status is DeliveryStatus.FAILED
        assert reason(found) == "The newer owner says so."
