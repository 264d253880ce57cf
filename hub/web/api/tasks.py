"""Tasks: the calls that were promised, in lists and in their conversations; made, given away, moved and done."""

from typing import Annotated

from pydantic import Field, StringConstraints

from flows.answers.phones import read_phone
from flows.answers.reading import Context as Reading
from flows.answers.reading import Understood
from hub.model.base import Moment, Stored, Written
from hub.model.ids import TaskId
from hub.model.task import CallBackWish, Disposition, Task, TaskStatus
from hub.services.commands import AddTask, AssignTask, FinishTask, MoveTask, TaskCommand
from hub.services.errors import Invalid, NotFound
from hub.services.flow_runner import REGIONS
from hub.store.conversations import BadCursor
from hub.store.tasks import TaskList, sees
from hub.web.api.chosen import chosen_operator, chosen_team
from hub.web.api.conversations import visible
from hub.web.context import Context
from hub.web.page import Cursor, Keyed, Limit, Page
from hub.web.route import Id

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=60)]


class TasksQuery(Written):
    """Whose, and whether open (the first due first) or done (the last done first)."""

    whose: TaskList = TaskList.ALL
    status: TaskStatus = TaskStatus.OPEN
    cursor: Cursor | None = None
    limit: Limit = 50


class TaskCounters(Stored):
    """How many open ones each list holds, and how many of all are overdue; to 100 each. `now` is the hub's time."""

    mine: int
    team: int
    all: int
    overdue: int
    now: Moment


class TaskAdded(Keyed):
    """A call back. Without `due_at` it is due by the norm; `within_s` is another one. `remind_at` comes before it."""

    phone: Phone
    reason: Reason = ""
    due_at: Moment | None = None
    within_s: Annotated[int, Field(ge=1, le=7 * 86_400)] | None = None
    remind_at: Moment | None = None
    operator: Id | None = None
    team: Id | None = None


class TaskAssigned(Keyed):
    """To a person, to a team, or (both null) to everybody."""

    operator: Id | None = None
    team: Id | None = None


class TaskFinished(Keyed):
    """How it ended: `reached`, `refused`, `wrong_number` or `not_needed`."""

    disposition: Disposition
    note: Note = ""


class TaskMoved(Keyed):
    """Why it goes on later (`no_answer`, `busy`, `answering_machine`, `appointment`), and when."""

    disposition: Disposition
    due_at: Moment
    remind_at: Moment | None = None
    note: Note = ""


async def list_tasks(context: Context, query: TasksQuery) -> Page[Task]:
    """One page of a list of tasks."""
    try:
        found, after = await context.parts.tasks.list(
            context.viewer, query.whose, query.status, cursor=query.cursor, limit=query.limit
        )
    except BadCursor:
        raise Invalid("bad_cursor", "This cursor is not ours. Ask for the first page again.") from None
    return Page(items=tuple(found), next=after)


async def count_tasks(context: Context) -> TaskCounters:
    """How many tasks are open, and how many are overdue."""
    tasks, viewer, now = context.parts.tasks, context.viewer, context.parts.clock.now()
    return TaskCounters(
        mine=await tasks.count(viewer, TaskList.MINE),
        team=await tasks.count(viewer, TaskList.TEAM),
        all=await tasks.count(viewer, TaskList.ALL),
        overdue=await tasks.count(viewer, TaskList.ALL, due_before=now),
        now=now,
    )


async def list_of_conversation(context: Context, conversation: Id) -> Page[Task]:
    """The open tasks of a conversation."""
    found = await visible(context, conversation)
    return Page(items=tuple(await context.parts.tasks.open_of(found.id)), next=None)


async def get_task(context: Context, task: Id) -> Task:
    """One task."""
    return await _visible(context, task)


async def add_task(context: Context, conversation: Id, body: TaskAdded) -> Task:
    """Promise a call back."""
    found = await visible(context, conversation)
    wish = CallBackWish(phone=await _number(context, body.phone), reason=body.reason, within_s=body.within_s)
    command = AddTask(
        wish=wish, due_at=body.due_at, remind_at=body.remind_at, operator=await chosen_operator(context, body.operator),
        team=await chosen_team(context, body.team) if body.team or body.operator else found.team,
    )  # fmt: skip
    acted = await context.parts.turns.act(context.viewer, found.id, command, body.key)
    assert acted.turn is not None
    assert acted.turn.task is not None
    return await _after(context, acted.turn.task.task)


async def assign_task(context: Context, task: Id, body: TaskAssigned) -> Task:
    """Take a task, or give it to a person or a team of the project."""
    found = await _visible(context, task)
    command = AssignTask(
        task=found.id,
        operator=await chosen_operator(context, body.operator),
        team=await chosen_team(context, body.team),
    )
    return await _act(context, found, command, body.key)


async def finish_task(context: Context, task: Id, body: TaskFinished) -> Task:
    """The task is done."""
    found = await _visible(context, task)
    return await _act(context, found, FinishTask(task=found.id, disposition=body.disposition, note=body.note), body.key)


async def move_task(context: Context, task: Id, body: TaskMoved) -> Task:
    """Nobody was reached, or another time was agreed on: the task is due later."""
    found = await _visible(context, task)
    command = MoveTask(
        task=found.id, disposition=body.disposition, due_at=body.due_at, remind_at=body.remind_at, note=body.note
    )
    return await _act(context, found, command, body.key)


async def _act(context: Context, task: Task, command: TaskCommand, key: str) -> Task:
    await context.parts.turns.act(context.viewer, task.conversation, command, key)
    return await _after(context, task.id)


async def _visible(context: Context, task: str) -> Task:
    """The task if it exists for the viewer, by whose it is or by its conversation. Raises `NotFound`."""
    found = await context.parts.tasks.get(TaskId(task))
    if found is None or found.project != context.viewer.project:
        raise NotFound("This task")
    if not sees(context.viewer, found) and await context.parts.conversations.get(
        context.viewer, found.conversation
    ) is None:  # fmt: skip
        raise NotFound("This task")
    return found


async def _after(context: Context, task: TaskId) -> Task:
    found = await context.parts.tasks.get(task)
    if found is None:
        raise NotFound("This task")
    return found


async def _number(context: Context, written: str) -> str:
    project = await context.parts.projects.get(context.viewer.project)
    region = REGIONS.get(project.locale if project else "en", "RU")
    read = read_phone(written, Reading(now=context.parts.clock.now(), lang="en", region=region))
    if not isinstance(read, Understood):
        raise Invalid("phone_invalid", "This is no phone number. Write it with its country code, as +7 912 345-67-89.")
    return str(read.value)
