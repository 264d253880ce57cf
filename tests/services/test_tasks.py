"""Call backs: from a wish to a task with a time, and what operators and timers make of it."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.model.content import Details
from hub.model.events import MessageReceived, Received, Sender
from hub.model.feed import ChangeKind
from hub.model.ids import ConversationId, TeamId
from hub.model.message import Direction
from hub.model.operator import Role, Scope, Viewer
from hub.model.task import CallBackWish, Disposition, Task, TaskDid, TaskStatus
from hub.model.turn import TurnKind
from hub.services.call_backs import wanted_at, zone_of
from hub.services.commands import AddTask, Assign, AssignTask, FinishTask, MoveTask
from hub.services.errors import Conflict, Invalid, NotAllowed
from hub.store.connection import Connection
from hub.store.tasks import TaskList
from tests.services.desk import Desk, eventually, open_desk, viewer
from tests.services.live import following, open_feed

PHONE = "+79123456789"
TEN = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # ten in Moscow


async def wishes(desk: Desk, wish: CallBackWish, *, key: str = "lead") -> Received:
    """A contact asks to be called, as a form or a widget reports it; returns when it was decided."""
    event = MessageReceived(
        external_id=key, sender=Sender(kind="test", value="lead", name="Sample"), text="Call me",
        details=Details(call_back=wish),
    )  # fmt: skip
    received = (await desk.pipeline.inbound.receive(desk.shop, [event]))[0]
    assert received.conversation is not None
    await desk.pipeline.turns.settle(received.conversation)
    return received


async def only_task(desk: Desk, received: Received) -> Task:
    """The one open task of a conversation."""
    assert received.conversation is not None
    [task] = await desk.pipeline.tasks.open_of(received.conversation)
    return task


async def test_a_wish_becomes_a_task_that_is_due_by_the_norm(connection: Connection) -> None:
    """Half a minute where the channel says so, else the hub's norm; a note tells operators in the conversation."""
    async with open_desk(connection, call_back_within_s=600) as desk:
        quick = await only_task(desk, await wishes(desk, CallBackWish(phone=PHONE, within_s=30)))
        received = await wishes(desk, CallBackWish(phone="+79123456780", reason="Prices"), key="other")
        assert received.conversation is not None
        tasks = await desk.pipeline.tasks.open_of(received.conversation)
        assert [task.phone for task in tasks] == [PHONE, "+79123456780"]
        assert quick.due_at - quick.created_at == timedelta(seconds=30)
        assert quick.remind_at is None, "there is no time to be reminded in"
        assert quick.contact_name == "Sample"
        assert tasks[1].due_at - tasks[1].created_at == timedelta(seconds=600)
        assert tasks[1].remind_at == tasks[1].due_at - timedelta(seconds=300)
        notes = [one.text for one in await desk.thread(received.conversation) if one.direction is Direction.NOTE]
        assert "Prices" in notes[1]


async def test_the_same_number_is_called_once(connection: Connection) -> None:
    """A wish that repeats an open one makes no second task; one that names another time moves it."""
    async with open_desk(connection) as desk:
        first = await only_task(desk, await wishes(desk, CallBackWish(phone=PHONE)))
        again = await only_task(desk, await wishes(desk, CallBackWish(phone=PHONE), key="again"))
        assert again == first
        later = desk.pipeline.clock.now() + timedelta(days=1)
        moved = await only_task(desk, await wishes(desk, CallBackWish(phone=PHONE, wanted_at=later), key="later"))
        assert (moved.id, moved.due_at) == (first.id, later)


async def test_a_task_is_done_or_moved_with_how_the_call_ended(connection: Connection) -> None:
    """No answer moves it, with the attempt kept; reaching the contact ends it; each is one Turn with its mark."""
    async with open_desk(connection) as desk:
        received = await wishes(desk, CallBackWish(phone=PHONE))
        task, turns, me = await only_task(desk, received), desk.pipeline.turns, viewer("me")
        place = ConversationId(task.conversation)
        later = desk.pipeline.clock.now() + timedelta(hours=2)
        with pytest.raises(Invalid):
            await turns.act(me, place, FinishTask(task=task.id, disposition=Disposition.BUSY), "wrong")
        with pytest.raises(Invalid):
            await turns.act(me, place, MoveTask(task=task.id, disposition=Disposition.BUSY, due_at=TEN), "past")
        move = MoveTask(task=task.id, disposition=Disposition.NO_ANSWER, due_at=later, note="Voice mail is full")
        await turns.act(me, place, move, "move")
        await turns.act(me, place, move, "move")
        moved = await only_task(desk, received)
        assert (moved.due_at, len(moved.attempts)) == (later, 1)
        done = await turns.act(me, place, FinishTask(task=task.id, disposition=Disposition.REACHED), "done")
        assert done.turn is not None
        assert done.turn.kind is TurnKind.TASK
        assert done.turn.task is not None
        assert (done.turn.task.did, done.turn.task.disposition) == (TaskDid.DONE, Disposition.REACHED)
        assert await desk.pipeline.tasks.open_of(place) == []
        kept = await desk.pipeline.tasks.get(task.id)
        assert kept is not None
        assert [one.disposition for one in kept.attempts] == [Disposition.NO_ANSWER, Disposition.REACHED]
        with pytest.raises(Conflict):
            await turns.act(me, place, move, "too late")


async def test_a_due_task_is_reminded_of_and_overdue_once(connection: Connection) -> None:
    """Both timers fire by the database's clock, each as one Turn; the timers of a task that was moved do not."""
    async with open_desk(connection, call_back_remind_s=1) as desk:
        received = await wishes(desk, CallBackWish(phone=PHONE, within_s=2))
        assert received.conversation is not None

        async def overdue() -> bool:
            return (await only_task(desk, received)).overdue_at is not None

        await eventually(overdue)
        task = await only_task(desk, received)
        assert task.reminded_at is not None
        assert task.reminded_at >= (task.remind_at or TEN)
        assert task.overdue_at is not None
        assert task.overdue_at >= task.due_at
        assert await desk.pipeline.timers.due(desk.pipeline.clock.now()) == []
        newest = await desk.pipeline.turn_store.newest(received.conversation)
        assert newest is not None
        assert newest.task is not None
        assert newest.task.did is TaskDid.OVERDUE


async def test_a_timer_of_a_task_that_was_done_says_nothing(connection: Connection) -> None:
    """Done in time is not overdue later."""
    async with open_desk(connection) as desk:
        received = await wishes(desk, CallBackWish(phone=PHONE, within_s=2))
        task = await only_task(desk, received)
        finish = FinishTask(task=task.id, disposition=Disposition.REACHED)
        acted = await desk.pipeline.turns.act(viewer("me"), task.conversation, finish, "done")
        assert acted.turn is not None

        async def passed() -> bool:
            rows = desk.pipeline.connection.database["timers"].find({"task": task.id, "status": "pending"})
            return await rows.to_list() == []

        await eventually(passed)
        newest = await desk.pipeline.turn_store.newest(task.conversation, fresh=True)
        assert newest is not None
        assert newest.seq == acted.turn.seq


async def test_operators_take_tasks_and_only_curators_take_them_away(connection: Connection) -> None:
    """A task of the team is whoever's takes it; another operator cannot take it from them."""
    async with open_desk(connection) as desk:
        task = await only_task(desk, await wishes(desk, CallBackWish(phone=PHONE)))
        turns, place, one, other = desk.pipeline.turns, task.conversation, viewer("one"), viewer("other")
        await turns.act(one, place, AssignTask(task=task.id, operator=one.operator), "take")
        with pytest.raises(NotAllowed):
            await turns.act(other, place, AssignTask(task=task.id, operator=other.operator), "steal")
        mine, _ = await desk.pipeline.tasks.list(one, TaskList.MINE, TaskStatus.OPEN)
        free, _ = await desk.pipeline.tasks.list(one, TaskList.TEAM, TaskStatus.OPEN)
        assert ([known.id for known in mine], free) == ([task.id], [])
        curator = viewer("boss", role=Role.CURATOR)
        await turns.act(curator, place, AssignTask(task=task.id, operator=other.operator), "give")
        given = await desk.pipeline.tasks.get(task.id)
        assert given is not None
        assert given.assignee == other.operator
        assert given.former == ((None, None), (one.operator, None))


async def test_the_feed_tells_of_a_task_whoever_sees_it(connection: Connection) -> None:
    """Everybody at first; when it leaves a person's sight they are told that alone, and nothing of it after that."""
    async with open_desk(connection) as desk, open_feed(connection) as feed:
        received = await wishes(desk, CallBackWish(phone=PHONE))
        task, turns, boss = await only_task(desk, received), desk.pipeline.turns, viewer("boss", role=Role.CURATOR)
        seller = Viewer(**{**viewer("t", Scope.TEAM).model_dump(), "teams": (TeamId("sales"),)})
        async with feed.subscribe(viewer("o", Scope.OWN)) as other, feed.subscribe(seller) as sales:
            await turns.act(boss, task.conversation, Assign(team=TeamId("sales")), "conversation")
            await turns.act(boss, task.conversation, AssignTask(task=task.id, team=TeamId("sales")), "task")
            await turns.act(boss, task.conversation, FinishTask(task=task.id, disposition=Disposition.REACHED), "done")
            told = await following(sales, ChangeKind.TASK, 2)
            while told[-1].data["status"] != "done":  # the first may be that it was made: the feed comes a bit later
                told += await following(sales, ChangeKind.TASK, 1)
            assert [change.data["team"] for change in told[-2:]] == ["sales", "sales"]
            gone = (await following(other, ChangeKind.TASK, 1))[0].data
            while "removed" not in gone:
                assert gone["status"] == "open"
                assert gone["team"] is None
                gone = (await following(other, ChangeKind.TASK, 1))[0].data
            assert gone == {"id": task.id, "removed": True}


async def test_an_operator_promises_a_call_once(connection: Connection) -> None:
    """The same key is the same task; a second call to the same number is refused while the first is open."""
    async with open_desk(connection) as desk:
        received = await desk.says("Hello")
        assert received.conversation is not None
        await desk.pipeline.turns.settle(received.conversation)
        due_at = desk.pipeline.clock.now() + timedelta(hours=1)
        add = AddTask(wish=CallBackWish(phone=PHONE, reason="Offer"), due_at=due_at)
        first = await desk.pipeline.turns.act(viewer("me"), received.conversation, add, "add")
        again = await desk.pipeline.turns.act(viewer("me"), received.conversation, add, "add")
        assert first.turn is not None
        assert again.turn is not None
        assert first.turn.id == again.turn.id
        with pytest.raises(Conflict):
            await desk.pipeline.turns.act(viewer("me"), received.conversation, add, "other")
        task = await only_task(desk, received)
        assert (task.due_at, task.remind_at) == (due_at, due_at - timedelta(seconds=300))


async def test_applying_old_turns_again_leaves_the_newest_task(connection: Connection) -> None:
    """After a crash every Turn may be applied once more, in whatever state the task is."""
    async with open_desk(connection) as desk:
        task = await only_task(desk, await wishes(desk, CallBackWish(phone=PHONE)))
        finish = FinishTask(task=task.id, disposition=Disposition.REFUSED)
        await desk.pipeline.turns.act(viewer("me"), task.conversation, finish, "done")
        await desk.pipeline.tasks.keep(task)
        kept = await desk.pipeline.tasks.get(task.id)
        assert kept is not None
        assert kept.status is TaskStatus.DONE


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("15:00", datetime(2026, 11, 24, 12, 0, tzinfo=UTC)),
        ("9:30", datetime(2026, 11, 25, 6, 30, tzinfo=UTC)),
        ("25.11.2026 18:05", datetime(2026, 11, 25, 15, 5, tzinfo=UTC)),
        ("2026-11-25 18:05", datetime(2026, 11, 25, 15, 5, tzinfo=UTC)),
        ("2026-11-25T18:05:00+01:00", datetime(2026, 11, 25, 17, 5, tzinfo=UTC)),
        ("tomorrow, after lunch", None),
        ("31.02.2026 18:05", None),
        ("", None),
    ],
)
def test_a_wanted_time_is_read_in_the_contacts_zone(said: str, means: datetime | None) -> None:
    """What says no time is left to a person."""
    assert wanted_at(said, "Europe/Moscow", TEN) == means


def test_the_zone_of_a_number_is_known_where_its_prefix_lies_in_one() -> None:
    """A number of Yekaterinburg's exchange says where it is; a mobile one of Russia does not."""
    assert zone_of("+73432000000", "UTC") == "Asia/Yekaterinburg"
    assert zone_of(PHONE, "Europe/Moscow") == "Europe/Moscow"
    assert zone_of("nonsense", "UTC") == "UTC"
