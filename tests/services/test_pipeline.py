"""The life of a message against a real MongoDB: received once, decided in order, applied, sent."""

import asyncio
from datetime import timedelta

import pytest

from connectors.errors import ChannelThrottled, ContactUnreachable, MessageRejected, SendUncertain
from hub.model.conversation import Control, Status
from hub.model.ids import ConversationId
from hub.model.message import ActorKind, DeliveryStatus, Direction
from hub.model.operator import Scope
from hub.model.turn import Say, TurnKind
from hub.model.views import View
from hub.services.commands import Note, Reply, Resolve, Snooze, Take
from hub.services.decisions import BOT, Decision
from hub.services.errors import Conflict, Invalid, NotFound
from hub.store.connection import Connection
from tests.services.desk import Desk, eventually, open_desk, viewer
from tests.services.faults import Faulty

ANNA, BORIS = viewer("a"), viewer("b")


async def test_first_message_makes_a_conversation_that_waits(connection: Connection) -> None:
    """A visitor's first message is stored, greeted, and stands in the list of those who wait."""
    async with open_desk(connection, greeting="Hello!") as desk:
        received = await desk.says("hi")
        assert received.position == 1

        async def listed() -> bool:
            found, _ = await desk.pipeline.conversations.list(ANNA, View.UNATTENDED)
            previews = [(item.last_position, item.last_message.preview) for item in found if item.last_message]
            return previews == [(2, "hi")]  # the greeting is automatic: what the visitor said stays in sight

        await eventually(listed)
        thread = await desk.thread(_conversation(received))
        assert [(m.position, m.direction, m.text) for m in thread] == [
            (1, Direction.IN, "hi"),
            (2, Direction.OUT, "Hello!"),
        ]
        assert thread[1].delivery is not None
        assert thread[1].delivery.status is DeliveryStatus.SENT


async def test_duplicate_message_is_stored_once(connection: Connection) -> None:
    """The same external id again, even at the same time, gives the same message and position."""
    async with open_desk(connection) as desk:
        answers = await asyncio.gather(*(desk.says("hi", key="k1") for _ in range(8)))
        assert {answer.message for answer in answers} == {answers[0].message}
        assert {answer.position for answer in answers} == {1}
        assert sum(not answer.repeated for answer in answers) == 1


async def test_nothing_is_asked_of_somebody_new(connection: Connection) -> None:
    """Whoever was made a contact just now has no conversation and no message, and is as they were made."""
    async with open_desk(connection, decide=False) as desk:
        store = desk.pipeline
        asked = [
            Faulty(collection, "find_one")
            for collection in (store.conversations._collection, store.messages._collection, store.contacts._contacts)
        ]
        store.conversations._collection, store.messages._collection, store.contacts._contacts = asked  # type: ignore[assignment]
        answers = [await desk.says("hi"), await desk.says("there")]
        assert [answer.position for answer in answers] == [1, 2]
        assert len({answer.conversation for answer in answers}) == 1
        assert not any(one.met.is_set() for one in asked)


async def test_somebody_new_whom_another_hub_heard_first_has_one_conversation(connection: Connection) -> None:
    """What this hub takes for the first message of a contact that it has made is not: it comes behind the other one."""
    async with open_desk(connection, decide=False) as one, open_desk(connection, decide=False) as two:
        writer = one.pipeline.messages._writer
        writes = Faulty(writer._collection, "insert_many")
        writer._collection = writes  # type: ignore[assignment]
        writes.hold()
        async with asyncio.TaskGroup() as group:
            late = group.create_task(one.says("late"))
            await writes.met.wait()
            first = await two.says("first")
            writes.held.set()
        assert (first.position, late.result().position) == (1, 2)
        assert first.conversation == late.result().conversation
        assert [message.text for message in await one.thread(_conversation(first))] == ["first", "late"]


async def test_two_hubs_at_once_keep_positions_dense_and_turns_single(connection: Connection) -> None:
    """Messages that two processes receive for the same contact get positions 1..n, and one Turn each."""
    async with open_desk(connection) as one, open_desk(connection) as two:
        await asyncio.gather(*(desk.says(f"{desk is one}{n}") for n in range(20) for desk in (one, two)))
        conversation = _conversation(await one.says("last"))

        async def decided() -> bool:
            newest = await one.pipeline.turn_store.newest(conversation, fresh=True)
            return newest is not None and newest.seq == 41

        await eventually(decided)
        assert [message.position for message in await one.thread(conversation)] == list(range(1, 42))
        turns = [turn async for turn in connection.database["turns"].find({}, {"seq": 1, "cause": 1})]
        assert sorted(turn["seq"] for turn in turns) == list(range(1, 42))
        assert len({turn["cause"] for turn in turns}) == 41


async def test_work_left_by_a_dead_hub_is_done_by_the_next(connection: Connection) -> None:
    """Messages stored by a hub that died before deciding them are decided by whoever comes next."""
    async with open_desk(connection, decide=False) as dead:
        conversation = _conversation(await dead.says("anybody?"))
        assert await dead.pipeline.conversations.any(conversation) is None
    async with open_desk(connection) as desk:

        async def listed() -> bool:
            return await desk.pipeline.conversations.any(conversation) is not None

        async def marked() -> bool:
            return not await desk.pipeline.messages.undecided(conversation)

        await eventually(listed)
        await eventually(marked)  # behind the list


async def test_message_whose_mark_was_lost_in_a_crash_is_marked_by_the_next_hub(connection: Connection) -> None:
    """A hub that died between marking the Turn and marking its message holds the conversation up for nobody."""
    async with open_desk(connection) as desk:
        received = await desk.says("hi")
        conversation = _conversation(received)
        await eventually(lambda: _all_decided(desk, conversation))
    assert await connection.database["turns"].count_documents({}) == 1
    await connection.database["messages"].update_one({"_id": received.message}, {"$set": {"undecided": True}})
    async with open_desk(connection) as desk:
        await eventually(lambda: _all_decided(desk, conversation))
        async with asyncio.timeout(5):
            await desk.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=1), "k1")


async def test_reply_takes_over_and_is_sent(connection: Connection) -> None:
    """An operator's reply goes to the service once, and the conversation is theirs."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        acted = await desk.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=1), "k1")
        assert acted.turn is not None
        await eventually(lambda: _is(desk, conversation, DeliveryStatus.SENT))
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.control, held.assignee, held.waiting_since) == (Control.OPERATOR, "a", None)
        assert [message.text for message in desk.service.seen] == ["hello"]


async def test_repeated_key_gives_the_same_reply(connection: Connection) -> None:
    """A reply that is posted again with its key is one message; the key with other words is refused."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        reply = Reply(text="hello", seen_position=1)
        turns = await asyncio.gather(*(desk.pipeline.turns.act(ANNA, conversation, reply, "k1") for _ in range(5)))
        assert len({acted.turn.id for acted in turns if acted.turn}) == 1
        with pytest.raises(Invalid, match="key"):
            await desk.pipeline.turns.act(ANNA, conversation, Reply(text="other", seen_position=1), "k1")
        await eventually(lambda: _is(desk, conversation, DeliveryStatus.SENT))
        assert len(desk.service.seen) == 1


async def test_of_fifty_claims_exactly_one_wins(connection: Connection) -> None:
    """Operators of two hubs who take a conversation at once: one has it, the others read who."""
    async with open_desk(connection) as one, open_desk(connection) as two:
        conversation = await _opened(one)
        people = [viewer(f"o{number}") for number in range(50)]

        async def claim(number: int) -> str | None:
            desk = one if number % 2 else two
            try:
                await desk.pipeline.turns.act(people[number], conversation, Take(), f"take{number}")
            except Conflict as conflict:
                return str(conflict.extra["assignee"])
            return None

        answers = await asyncio.gather(*(claim(number) for number in range(50)))
        held = await one.pipeline.conversations.any(conversation)
        assert held is not None
        assert answers.count(None) == 1
        assert {answer for answer in answers if answer} == {held.assignee}


async def test_reply_against_an_older_position_is_refused(connection: Connection) -> None:
    """Who has not seen the newest message is told, unless they insist; notes by colleagues do not count."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        await desk.pipeline.turns.act(BORIS, conversation, Note(text="careful"), "n")
        await desk.says("and one more thing", channel=desk.phone)
        with pytest.raises(Conflict, match="newer message"):
            await desk.pipeline.turns.act(ANNA, conversation, Reply(text="x", seen_position=1), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="x", seen_position=1, confirm=True), "k2")
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="y", seen_position=4), "k3")


async def test_bot_message_decided_before_the_take_over_is_never_sent(connection: Connection) -> None:
    """What the bot had queued is cancelled before the operator hears that the conversation is theirs."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        desk.service.hold.clear()
        await _bot_says(desk, conversation, "one", "two", "three")
        await eventually(lambda: _seen(desk, 1))
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k")
        desk.service.hold.set()
        await eventually(lambda: _nothing_waits(desk, conversation))
        states = {m.text: m.delivery for m in await desk.thread(conversation) if m.author.kind is ActorKind.BOT}
        assert [message.text for message in desk.service.seen] == ["one"]
        assert states["two"] is not None
        assert states["two"].code == "cancelled"
        assert states["three"] is not None
        assert states["three"].status is DeliveryStatus.FAILED


async def test_uncertain_send_is_repeated_with_a_mark(connection: Connection) -> None:
    """A send without a clear answer is tried again, and the operator sees that it may have arrived twice."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        desk.service.errors.extend([SendUncertain("no answer"), ChannelThrottled(0.1)])
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=1), "k")
        await eventually(lambda: _is(desk, conversation, DeliveryStatus.SENT))
        delivery = (await desk.thread(conversation))[-1].delivery
        assert delivery is not None
        assert delivery.may_repeat
        assert delivery.attempts == 3
        assert len(desk.service.seen) == 3


@pytest.mark.parametrize("error", [MessageRejected("too_long", "The text is too long."), ContactUnreachable("blocked")])
async def test_refused_message_fails_with_the_reason_and_frees_the_next(
    connection: Connection, error: Exception
) -> None:
    """The operator reads why, and the following message is sent."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        desk.service.errors.append(error)
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="one", seen_position=1), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="two", seen_position=9), "k2")
        await eventually(lambda: _nothing_waits(desk, conversation))
        first, second = [m.delivery for m in (await desk.thread(conversation))[1:]]
        assert first is not None
        assert first.status is DeliveryStatus.FAILED
        assert first.reason
        assert second is not None
        assert second.status is DeliveryStatus.SENT


async def test_snoozed_conversation_wakes_once_with_two_hubs(connection: Connection) -> None:
    """A due timer fires exactly once, whoever is first."""
    async with open_desk(connection) as one, open_desk(connection) as two:
        conversation = await _opened(one)
        until = one.pipeline.clock.now() + timedelta(seconds=1)
        await one.pipeline.turns.act(ANNA, conversation, Snooze(until=until), "k")

        async def awake() -> bool:
            held = await two.pipeline.conversations.any(conversation)
            return held is not None and held.status is Status.OPEN

        await eventually(awake)
        await asyncio.sleep(1.5)  # a second firing would come within one round of the sweep
        fired = await connection.database["turns"].count_documents({"kind": TurnKind.WAKE.value})
        assert fired == 1


async def test_foreign_conversation_does_not_exist(connection: Connection) -> None:
    """Another project's operator reads the same as for a conversation that never was."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        stranger = ANNA.model_copy(update={"project": "other"})
        for viewer_, wanted in ((stranger, conversation), (ANNA, ConversationId("0" * 32))):
            with pytest.raises(NotFound, match="does not exist"):
                await desk.pipeline.turns.act(viewer_, wanted, Resolve(), "k")


async def test_scope_as_query_and_as_rule_agree(connection: Connection) -> None:
    """`scope_filter` and `Viewer.sees` let the same conversations through."""
    async with open_desk(connection) as desk:
        for number in range(6):
            received = await desk.says(f"m{number}", who=f"v{number}")
            conversation = _conversation(received)
            await eventually(lambda c=conversation: _exists(desk, c))  # type: ignore[misc]
            if number % 2:
                await desk.pipeline.turns.act(viewer(f"o{number}"), conversation, Take(), "k")
        everything, _ = await desk.pipeline.conversations.list(ANNA, View.ALL, limit=100)
        assert len(everything) == 6
        for scope in Scope:
            one = viewer("o3", scope)
            found, _ = await desk.pipeline.conversations.list(one, View.ALL, limit=100)
            assert {item.id for item in found} == {
                item.id for item in everything if one.sees(item.project, item.assignee, item.team)
            }


def _conversation(received: object) -> ConversationId:
    conversation = getattr(received, "conversation", None)
    assert conversation is not None
    return ConversationId(conversation)


async def _opened(desk: Desk) -> ConversationId:
    conversation = _conversation(await desk.says("hi", channel=desk.phone))
    await eventually(lambda: _exists(desk, conversation))
    return conversation


async def _exists(desk: Desk, conversation: ConversationId) -> bool:
    return await desk.pipeline.conversations.any(conversation) is not None


async def _seen(desk: Desk, count: int) -> bool:
    return len(desk.service.seen) >= count


async def _all_decided(desk: Desk, conversation: ConversationId) -> bool:
    return not await desk.pipeline.messages.undecided(conversation)


async def _is(desk: Desk, conversation: ConversationId, status: DeliveryStatus) -> bool:
    delivery = (await desk.thread(conversation))[-1].delivery
    return delivery is not None and delivery.status is status


async def _nothing_waits(desk: Desk, conversation: ConversationId) -> bool:
    return await desk.pipeline.outgoing.next_to_send(desk.phone.id, conversation) is None


async def _bot_says(desk: Desk, conversation: ConversationId, *texts: str) -> None:
    """What a flow will do: one Turn whose effects are the bot's messages."""
    place = await desk.pipeline.conversations.any(conversation)
    assert place is not None
    says = tuple(Say(author=BOT, text=text) for text in texts)
    await desk.pipeline.turns.step(place, "test:bot", lambda state: Decision(TurnKind.TIMER, state, says))
