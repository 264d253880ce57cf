"""Receiving, deciding and applying, with a fault between any two writes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import SendUncertain
from hub.model.channel import Channel, Reopen, ReopenRule
from hub.model.contact import Field
from hub.model.conversation import Status
from hub.model.events import MessageReceived, ReceiptReceived, Received, Sender
from hub.model.ids import ConversationId, derived_id
from hub.model.message import DeliveryStatus
from hub.model.timer import TimerStatus
from hub.model.turn import Say, SetTimer, Turn, TurnKind
from hub.services.commands import Note, Reply, Resolve, Snooze, Take
from hub.services.errors import Unavailable
from hub.store.connection import Connection
from tests.services.desk import Desk, eventually, open_desk, viewer
from tests.services.faults import Faulty

ANNA = viewer("a")


async def test_form_is_kept_although_the_hub_died_before_it_was_learned(connection: Connection) -> None:
    """What a known contact typed into a form is there after the client has repeated the message."""
    async with open_desk(connection, decide=False) as desk:
        await desk.says("hi")
        contacts = Faulty(desk.pipeline.contacts._contacts, "find_one_and_update")
        desk.pipeline.contacts._contacts = contacts  # type: ignore[assignment]
        contacts.lose(1)
        event = _with_form("k1", phone="+7 900 000-00-00")
        with pytest.raises(Unavailable):
            await desk.pipeline.inbound.receive(desk.shop, [event])
        [received] = await desk.pipeline.inbound.receive(desk.shop, [event])
        assert received.position == 2
        assert await _fields(connection) == {"phone": "+7 900 000-00-00"}


async def test_late_copy_of_a_form_changes_nothing(connection: Connection) -> None:
    """A message that is delivered again does not bring old values back."""
    async with open_desk(connection, decide=False) as desk:
        await desk.says("hi")
        await desk.pipeline.inbound.receive(desk.shop, [_with_form("k1", phone="1")])
        await desk.pipeline.inbound.receive(desk.shop, [_with_form("k2", phone="2")])
        [late] = await desk.pipeline.inbound.receive(desk.shop, [_with_form("k1", phone="1")])
        assert late.repeated
        assert await _fields(connection) == {"phone": "2"}


async def test_forms_that_arrive_together_are_all_learned(connection: Connection) -> None:
    """Two processes that learn of one contact at once lose neither's fields."""
    async with open_desk(connection, decide=False) as one, open_desk(connection, decide=False) as two:
        await one.says("hi")
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                event = _with_form(f"k{number}", **{f"f{number}": "x"})
                desk = (one, two)[number % 2]
                group.create_task(desk.pipeline.inbound.receive(desk.shop, [event]))
        assert await _fields(connection) == {f"f{number}": "x" for number in range(8)}


async def test_message_goes_to_the_newest_conversation_after_the_rule_changed(connection: Connection) -> None:
    """What was remembered under one reopen rule does not count under the next."""
    async with open_desk(connection) as desk:
        first = _conversation(await desk.says("one", channel=_by_rule(desk, Reopen.NEW, 1)))
        await eventually(lambda: _settled(connection, 1))
        await desk.pipeline.turns.act(ANNA, first, Resolve(), "k")
        second = _conversation(await desk.says("two", channel=_by_rule(desk, Reopen.NEW, 1)))
        assert second != first
        await eventually(lambda: _settled(connection, 3))
        third = _conversation(await desk.says("three", channel=_by_rule(desk, Reopen.REOPEN, 2)))
        assert third == second


async def test_receipt_that_comes_before_the_answer_waits_for_its_message(connection: Connection) -> None:
    """A service that reports "delivered" before it has answered the send is believed all the same."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        desk.service.hold.clear()
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=1), "k")
        await eventually(lambda: _seen(desk, 1))
        await _receipt(desk, "s1", DeliveryStatus.READ)
        await _receipt(desk, "s1", DeliveryStatus.DELIVERED)
        desk.service.hold.set()
        await eventually(lambda: _is(desk, conversation, DeliveryStatus.READ))


async def test_receipt_at_the_very_moment_of_the_answer_is_not_lost(connection: Connection) -> None:
    """Looked for after it is kept, and after the message is marked as sent: one of the two finds the other."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        for number in range(1, 11):
            reply = Reply(text=f"r{number}", seen_position=0, confirm=True)
            async with asyncio.TaskGroup() as group:
                group.create_task(desk.pipeline.turns.act(ANNA, conversation, reply, f"k{number}"))
                await eventually(lambda count=number: _seen(desk, count))  # type: ignore[misc]
                group.create_task(_receipt(desk, f"s{number}", DeliveryStatus.DELIVERED))
            await eventually(lambda: _is(desk, conversation, DeliveryStatus.DELIVERED))


async def test_contact_who_writes_again_can_be_reached_again(connection: Connection) -> None:
    """The mark on the address goes with the contact's next message."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        addresses = connection.database["addresses"]
        await desk.pipeline.contacts.mark_unreachable(desk.phone.project, "test", "visitor", "blocked")
        await desk.says("hi again", channel=desk.phone)

        async def reachable() -> bool:
            return await addresses.count_documents({"unreachable": None}) == 1

        await eventually(reachable)
        assert conversation


async def test_one_conversation_that_cannot_be_read_keeps_no_other_from_waking(connection: Connection) -> None:
    """A timer that fails for ever stands before all later ones in the list, and not in their way."""
    async with open_desk(connection, decide=False) as desk:
        conversations = []
        for who in ("broken", "sound"):
            conversation = _conversation(await desk.says("hi", who=who))
            await desk.pipeline.turns._settle(conversation)
            until = desk.pipeline.clock.now() + timedelta(milliseconds=200)
            await desk.pipeline.turns.act(ANNA, conversation, Snooze(until=until), f"k{who}")
            conversations.append(conversation)
    broken, sound = conversations
    await connection.database["turns"].update_many({"conversation": broken}, {"$set": {"state.status": "nonsense"}})
    async with open_desk(connection) as desk:

        async def awake() -> bool:
            held = await desk.pipeline.conversations.any(sound)
            return held is not None and held.status is Status.OPEN

        await eventually(awake)
        await desk.says("still here", who="sound")
        await eventually(lambda: _decided(connection, sound))


async def test_timer_that_fired_before_a_crash_is_marked_as_fired(connection: Connection) -> None:
    """A hub that died between the Turn and the timer's mark leaves no second firing and no wrong word."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        until = desk.pipeline.clock.now() + timedelta(milliseconds=200)
        await desk.pipeline.turns.act(ANNA, conversation, Snooze(until=until), "k")
        await eventually(lambda: _timers(connection, TimerStatus.FIRED, 1))
        await connection.database["timers"].update_one({}, {"$set": {"status": "pending"}})
        await eventually(lambda: _timers(connection, TimerStatus.FIRED, 1))
        assert await connection.database["turns"].count_documents({"kind": TurnKind.WAKE.value}) == 1


async def test_each_timer_fires_or_is_cancelled_once(connection: Connection) -> None:
    """Snoozed again and again, with two hubs: only the last alarm rings, and no other is left behind."""
    async with open_desk(connection) as one, open_desk(connection) as two:
        conversation = await _opened(one)
        for number in range(6):
            desk = (one, two)[number % 2]
            until = desk.pipeline.clock.now() + timedelta(milliseconds=700)
            await desk.pipeline.turns.act(ANNA, conversation, Snooze(until=until), f"k{number}")
        await eventually(lambda: _timers(connection, TimerStatus.PENDING, 0))
        assert await _timers(connection, TimerStatus.FIRED, 1)
        assert await _timers(connection, TimerStatus.CANCELLED, 5)
        assert await connection.database["turns"].count_documents({"kind": TurnKind.WAKE.value}) == 1


async def test_reply_whose_hub_died_after_the_commit_is_written_once_when_repeated(connection: Connection) -> None:
    """The key finds the Turn, the Turn is applied, and the message is there once and is sent once."""
    reply = Reply(text="hello", seen_position=1)
    async with open_desk(connection) as dead:
        conversation = await _opened(dead)
        dead.service.up = False  # else the reply would be on its way already
        writes = Faulty(dead.pipeline.messages._writer._collection, "insert_many")
        dead.pipeline.messages._writer._collection = writes  # type: ignore[assignment]
        writes.hold()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(dead.pipeline.turns.act(ANNA, conversation, reply, "k"))
            await eventually(lambda: _committed(connection, 2))
            task.cancel()
    async with open_desk(connection) as desk:
        answers = [await desk.pipeline.turns.act(ANNA, conversation, reply, "k") for _ in range(2)]
        assert len({acted.turn.id for acted in answers if acted.turn}) == 1
        assert [message.text for message in await desk.thread(conversation)] == ["hi", "hello"]
        await eventually(lambda: _is(desk, conversation, DeliveryStatus.SENT))
        assert len(desk.service.seen) == 1


@pytest.mark.parametrize("collection", ["messages", "turns", "conversations"])
async def test_effects_are_those_of_the_turns_both_ways_after_a_crash(connection: Connection, collection: str) -> None:
    """Whichever write was the last of the dead hub, the next one completes every Turn and adds nothing."""
    async with open_desk(connection, greeting="Welcome") as dead:
        conversation = await _opened(dead)
        await dead.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await dead.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=9), "k2")
        await dead.pipeline.turns.act(ANNA, conversation, Note(text="nice"), "k3")
        until = dead.pipeline.clock.now() + timedelta(hours=1)
        await dead.pipeline.turns.act(ANNA, conversation, Snooze(until=until), "k4")
        await eventually(lambda: _is_all_final(connection))
    before = await _derived(connection)
    match collection:
        case "messages":  # what the last Turns said had not been written, and neither anything after it
            last = await connection.database["messages"].find_one({"text": "nice"})
            assert last is not None
            await connection.database["messages"].delete_one({"_id": last["_id"]})
            await connection.database["timers"].delete_many({})
            await connection.database["turns"].update_many({"seq": {"$gte": 4}}, {"$set": {"applied": False}})
        case "turns":
            await connection.database["turns"].update_many({}, {"$set": {"applied": False}})
        case _:
            await connection.database["conversations"].delete_many({})
            await connection.database["turns"].update_many({}, {"$set": {"applied": False}})
    async with open_desk(connection, greeting="Welcome"):
        await eventually(lambda: _settled(connection, 5))
    assert await _derived(connection) == before
    rows = await connection.database["turns"].find({}).to_list()
    turns = [Turn.model_validate({**row, "id": row["_id"]}) for row in rows]
    expected = {
        kind: {
            derived_id(turn.id, at) for turn in turns for at, effect in enumerate(turn.effects) if type(effect) is of
        }
        for kind, of in (("messages", Say), ("timers", SetTimer))
    }
    said = {row["_id"] async for row in connection.database["messages"].find({"turn": {"$ne": None}})}
    alarms = {row["_id"] async for row in connection.database["timers"].find({})}
    assert {"messages": said, "timers": alarms} == expected


async def test_list_is_right_after_a_crash_that_left_a_gap_between_unapplied_turns(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The marks of two answers were lost, not that of the message between them, up to which the list had come."""
    conversations, turns = connection.database["conversations"], connection.database["turns"]
    async with open_desk(connection) as desk:
        conversation = _conversation(await desk.says("one"))
        await eventually(lambda: _settled(connection, 1))
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="a", seen_position=1), "k2")
        await desk.says("two")
        await eventually(lambda: _settled(connection, 3))
        listed = await conversations.find_one({"_id": conversation})
        assert listed is not None
        assert listed["seq"] == 3
        assert listed["waiting_since"] is not None
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="b", seen_position=3), "k4")
        await eventually(lambda: _settled(connection, 4))
    await conversations.replace_one({"_id": conversation}, listed)
    await turns.update_many({"seq": {"$in": [2, 4]}}, {"$set": {"applied": False}})
    async with open_desk(connection, decide=False) as desk:
        effects = desk.pipeline.turns._effects
        apply = effects.apply

        async def apply_and_list(turn: Turn, *rest: Any) -> None:
            await apply(turn, *rest)
            await effects.listed(turn.conversation)

        monkeypatch.setattr(effects, "apply", apply_and_list)
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="b", seen_position=3), "k4")
        listed = await conversations.find_one({"_id": conversation})
        assert listed is not None
        assert (listed["seq"], listed["waiting_since"]) == (4, None)


async def test_service_that_takes_no_message_twice_gets_the_same_id_again(connection: Connection) -> None:
    """Every attempt carries the message's own id, the idempotency key."""
    async with open_desk(connection) as desk:
        conversation = await _opened(desk)
        desk.service.errors.append(SendUncertain("no answer"))
        await desk.pipeline.turns.act(ANNA, conversation, Reply(text="hello", seen_position=1), "k")
        await eventually(lambda: _is(desk, conversation, DeliveryStatus.SENT))
        assert len(desk.service.seen) == 2
        assert len({message.id for message in desk.service.seen}) == 1


def _with_form(key: str, **fields: str) -> MessageReceived:
    pairs = tuple(Field(name=name, value=value) for name, value in fields.items())
    sender = Sender(kind="test", value="visitor", name="visitor", fields=pairs)
    return MessageReceived(external_id=key, sender=sender, text=key)


async def _fields(connection: Connection) -> dict[str, str]:
    contact = await connection.database["contacts"].find_one({})
    assert contact is not None
    return {field["name"]: field["value"] for field in contact["fields"]}


def _by_rule(desk: Desk, rule: Reopen, revision: int) -> Channel:
    return desk.shop.model_copy(update={"reopen": ReopenRule(rule=rule), "revision": revision})


def _conversation(received: Received) -> ConversationId:
    assert received.conversation is not None
    return received.conversation


async def _opened(desk: Desk) -> ConversationId:
    conversation = _conversation(await desk.says("hi", channel=desk.phone))

    async def exists() -> bool:
        return await desk.pipeline.conversations.any(conversation) is not None

    await eventually(exists)
    return conversation


async def _settled(connection: Connection, turns: int) -> bool:
    """Whether so many Turns are there, and all is applied."""
    database = connection.database
    waiting = await database["turns"].count_documents({"applied": False})
    waiting += await database["messages"].count_documents({"undecided": True})
    return not waiting and await database["turns"].count_documents({}) >= turns


async def _decided(connection: Connection, conversation: ConversationId) -> bool:
    return not await connection.database["messages"].count_documents({"conversation": conversation, "undecided": True})


async def _committed(connection: Connection, seq: int) -> bool:
    return await connection.database["turns"].find_one({"seq": seq}) is not None


async def _timers(connection: Connection, status: TimerStatus, count: int) -> bool:
    return await connection.database["timers"].count_documents({"status": status.value}) == count


async def _seen(desk: Desk, count: int) -> bool:
    return len(desk.service.seen) >= count


async def _is(desk: Desk, conversation: ConversationId, status: DeliveryStatus) -> bool:
    delivery = (await desk.thread(conversation))[-1].delivery
    return delivery is not None and delivery.status is status


async def _is_all_final(connection: Connection) -> bool:
    waiting = {"delivery.status": {"$in": ["queued", "sending"]}}
    return await _settled(connection, 5) and not await connection.database["messages"].count_documents(waiting)


async def _receipt(desk: Desk, target: str, status: DeliveryStatus) -> None:
    receipt = ReceiptReceived(external_id=f"{target}:{status}", target=target, status=status)
    await desk.pipeline.inbound.receive(desk.phone, [receipt])


async def _derived(connection: Connection) -> list[object]:
    """Everything that follows from Turns and messages, without what counts writes or depends on their time."""
    found: list[object] = []
    for name in ("messages", "timers", "conversations"):
        rows = await connection.database[name].find({}).sort([("position", 1), ("_id", 1)]).to_list()
        for row in rows:
            row.pop("revision", None)
            row.pop("created_at", None)
            row.pop("last_activity_at", None)
            (row.get("last_message") or {}).pop("at", None)
            found.append(row)
    return found
