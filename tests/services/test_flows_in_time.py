"""Consents, erasing and the timers of flows: each fires once, and none that was cancelled."""

import asyncio
from datetime import timedelta

from flows.session import State
from hub.model.conversation import Control
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ConversationId
from hub.model.timer import Timer
from hub.services.commands import (
    HandBack,
    SetTags,
    Take,
)
from hub.store.connection import Connection
from tests.services.desk import PROJECT, eventually
from tests.services.faults import Faulty
from tests.services.flow_desk import open_flow_desk
from tests.services.flow_steps import (
    ANNA,
    NAME,
    SIZE,
    all_decided,
    all_sessions,
    answers,
    asks,
    begun,
    conversation_of,
    has_control,
    let_be_due,
    mark_of,
)

# Consent and erasing --------------------------------------------------------------------------------------------------


async def test_consent_is_kept_with_its_text_and_refusal_erases_the_rest(connection: Connection) -> None:
    """Given: text, hash, version, channel and time. Refused: the fact of it, and nothing of what was said before."""
    text = (
        "flow: ask\ntitle: Ask\nask:\n- name: text\n  text: Name?\n  save: contact.city\n"
        "- agree: consent\n  text: May we keep it?\n- more: text\n  text: More?\noutcomes:\n- done: else\n"
    )
    async with open_flow_desk(connection, rules=(StartRule(flow="ask", on=StartOn.FIRST_MESSAGE),)) as desk:
        await desk.publish("ask", text)
        outcomes: dict[str, ConversationId] = {}
        for who, answer in (("yes", "Yes"), ("no", "No")):
            conversation = conversation_of(await desk.says("hello", who=who))
            await eventually(lambda c=conversation: asks(desk, c, "Name?"))  # type: ignore[misc]
            await desk.says("Secretville", who=who, key=f"{who}:1")
            await eventually(lambda c=conversation: asks(desk, c, "May we keep it?"))  # type: ignore[misc]
            file = {"id": f"file of {who}", "name": "a.txt", "media_type": "text/plain", "size_bytes": 1}
            await connection.database["attachments"].insert_one({"_id": file["id"], "conversation": conversation})
            await connection.database["messages"].update_one(
                {"conversation": conversation, "text": "Secretville"}, {"$set": {"attachments": [file]}}
            )
            await desk.says(answer, who=who)
            outcomes[who] = conversation
        await eventually(lambda: asks(desk, outcomes["yes"], "More?"))
        await eventually(lambda: has_control(desk, outcomes["no"], Control.NONE))
        rows = [row async for row in connection.database["consents"].find()]
        assert {(row["topic"], row["given"], row["version"], row["channel"]) for row in rows} == {
            ("ask.agree", True, "1", "shop"), ("ask.agree", False, "1", "shop"),
        }  # fmt: skip
        assert all(row["text"] == "May we keep it?" and len(row["text_hash"]) == 64 for row in rows)
        for name in await connection.database.list_collection_names():
            for row in [row async for row in connection.database[name].find({"conversation": outcomes["no"]})]:
                assert "Secretville" not in str(row), name
        assert await connection.database["attachments"].distinct("_id") == ["file of yes"]
        refused = await desk.pipeline.conversations.any(outcomes["no"])
        assert refused is not None
        contact = await desk.pipeline.contacts.get(PROJECT, refused.contact)
        assert contact is not None
        assert contact.fields == ()
        kept = [one for one in (await all_sessions(connection)) if one["conversation"] == outcomes["no"]]
        assert list(kept[0]["session"]["answers"]) == ["agree"]


# Timers ---------------------------------------------------------------------------------------------------------------


async def test_reminder_and_closing_fire_once_with_two_hubs(connection: Connection) -> None:
    """Silence: one reminder, then the session is abandoned; a later word takes it up again."""
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        conversation = await begun(one, "hello", NAME)
        await let_be_due(connection, "flow_remind")

        async def reminded() -> bool:
            return len(await one.told(conversation)) == 2

        await eventually(reminded)
        reminder = (await one.said(conversation))[1]
        assert reminder.automatic
        assert NAME in reminder.text
        await let_be_due(connection, "flow_close")
        await eventually(lambda: has_control(two, conversation, Control.NONE))
        mark = await mark_of(one, conversation)
        assert (mark.state, mark.outcome) == (State.ABANDONED, "abandoned")
        causes = [turn["cause"] async for turn in connection.database["turns"].find({"kind": "timer"})]
        assert len(causes) == len(set(causes)) == 2
        await one.says("Ann")
        await eventually(lambda: asks(one, conversation, SIZE))
        assert await has_control(one, conversation, Control.BOT)


async def test_timer_of_an_answered_question_does_nothing(connection: Connection) -> None:
    """An answer that came in time: the reminder of its question never fires, even if it was read as due already."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        timer = await connection.database["timers"].find_one({"kind": "flow_remind"})
        assert timer is not None
        await answers(desk, conversation, "Ann", SIZE)
        past = {"due_at": desk.pipeline.clock.now() - timedelta(seconds=1), "status": "pending"}
        await connection.database["timers"].update_one({"_id": timer["_id"]}, {"$set": past})

        async def cancelled() -> bool:
            row = await connection.database["timers"].find_one({"_id": timer["_id"]})
            return row is not None and row["status"] == "cancelled"

        await eventually(cancelled)
        assert len(await desk.told(conversation)) == 2


async def test_timer_that_a_dead_hub_left_to_be_cancelled_does_not_fire(connection: Connection) -> None:
    """The Turns before are applied first, and what they cancel is cancelled before anybody looks at the timer."""
    async with open_flow_desk(connection) as dead:
        conversation = await begun(dead, "hello", NAME)
        await answers(dead, conversation, "Ann", SIZE)
        row = await connection.database["timers"].find_one({"kind": "flow_remind", "status": "pending"})
        assert row is not None
        timer = Timer.model_validate({**row, "id": row["_id"]})
        await asyncio.sleep(3.2)  # sooner, it would be taken for the second half of the answer
        received = await dead.says("some words that are no answer")

        async def cancelled() -> bool:
            row = await connection.database["timers"].find_one({"_id": timer.id})
            return row is not None and row["status"] == "cancelled" and await all_decided(dead, conversation)

        await eventually(cancelled)
        mark = await mark_of(dead, conversation)
        assert (mark.session, mark.asked) == (timer.session, timer.asked)
    assert received.message is not None
    await connection.database["messages"].update_one({"_id": received.message}, {"$set": {"undecided": True}})
    await connection.database["timers"].update_one({"_id": timer.id}, {"$set": {"status": "pending"}})
    async with open_flow_desk(connection, decide=False) as desk:
        coalescer = desk.pipeline.turns._timers._coalescer
        writes = Faulty(coalescer._collection, "bulk_write")
        coalescer._collection = writes  # type: ignore[assignment]
        writes.hold()
        async with asyncio.TaskGroup() as group:
            group.create_task(desk.pipeline.turns._fire(timer))
            await writes.met.wait()
            await asyncio.sleep(0.5)  # time enough to decide without waiting for the write
            writes.held.set()
    stored = await connection.database["timers"].find_one({"_id": timer.id})
    assert stored is not None
    assert stored["status"] == "cancelled"
    assert await connection.database["turns"].count_documents({"cause": f"timer:{timer.id}"}) == 0


async def test_timer_that_was_cancelled_after_it_was_read_as_due_does_not_fire(connection: Connection) -> None:
    """A person took over and handed back meanwhile: the same question is open, with a reminder of its own."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        row = await connection.database["timers"].find_one({"kind": "flow_remind"})
        assert row is not None
        timer = Timer.model_validate({**row, "id": row["_id"]})
        await desk.pipeline.turns.act(ANNA, conversation, Take(), "k1")
        await desk.pipeline.turns.act(ANNA, conversation, HandBack(to="bot"), "k2")
        told = await desk.told(conversation)
        await desk.pipeline.turns._fire(timer)
        assert await desk.told(conversation) == told
        assert await connection.database["turns"].count_documents({"cause": f"timer:{timer.id}"}) == 0


async def test_flow_that_follows_later_begins_once(connection: Connection) -> None:
    """`start` with `after` is a timer; it begins unless a person holds the conversation or the contact opted out."""
    follow = (
        "flow: lead\ntitle: Lead\nask:\n- name: text\n  text: What is your name?\noutcomes:\n"
        "- done: else\n  do: {start: how, after: 14d}\n"
    )
    async with open_flow_desk(connection) as one, open_flow_desk(connection) as two:
        await one.publish("lead", follow)
        await asyncio.sleep(2.1)  # a publication is seen within two seconds
        conversation = await begun(one, "hello", NAME)
        await one.says("Ann")
        await eventually(lambda: has_control(one, conversation, Control.NONE))
        other = conversation_of(await two.says("hello", who="other"))
        await eventually(lambda: asks(two, other, NAME))
        await two.says("Beth", who="other")
        await eventually(lambda: has_control(two, other, Control.NONE))
        await one.pipeline.turns.act(ANNA, other, Take(), "k1")
        await let_be_due(connection, "flow_start")
        await eventually(lambda: asks(one, conversation, "How was it"))

        async def settled() -> bool:
            return await connection.database["timers"].count_documents({"status": "pending", "kind": "flow_start"}) == 0

        await eventually(settled)
        assert not any("How was it" in text for text in await one.told(other))
        assert sum("How was it" in text for text in await one.told(conversation)) == 1


async def test_tags_of_an_operator_survive_the_next_step(connection: Connection) -> None:
    """The state of the conversation is one: what a person sets is there after the bot's next step."""
    async with open_flow_desk(connection) as desk:
        conversation = await begun(desk, "hello", NAME)
        await desk.pipeline.turns.act(ANNA, conversation, SetTags(tags=("vip",)), "k1")
        assert await has_control(desk, conversation, Control.BOT)
        await answers(desk, conversation, "Ann", SIZE)
        await desk.says("A few")
        await eventually(lambda: has_control(desk, conversation, Control.NONE))
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert held.tags == ("vip", "asked")
