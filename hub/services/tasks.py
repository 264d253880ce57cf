"""Tasks: what an operator or a timer makes of one; pure, from the task as it is to the task after the Turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, assert_never

from hub.model.conversation import ConversationState
from hub.model.ids import ConversationId, OperatorId, TaskId, TeamId
from hub.model.operator import Right, Viewer
from hub.model.task import ENDING, Attempt, Task, TaskDid, TaskStatus, mark_of
from hub.model.timer import Timer
from hub.model.turn import Effect, KeepTask, TimerKind, TurnKind
from hub.services.call_backs import LONGEST, OPEN_OF_CONVERSATION, Desk, Norms, asked, due, timers
from hub.services.commands import AddTask, AssignTask, FinishTask, MoveTask, TaskCommand
from hub.services.decisions import Decision
from hub.services.errors import Conflict, Invalid, NotAllowed, NotFound

ATTEMPTS = 100
FORMER = 20
TASK_TIMERS = frozenset({TimerKind.TASK_REMIND, TimerKind.TASK_DUE})


class KnowsTasks(Protocol):
    """Where tasks are read."""

    async def get(self, task: TaskId) -> Task | None:
        """The task, or None."""

    async def open_of(self, conversation: ConversationId) -> Sequence[Task]:
        """The open tasks of a conversation, the first due first."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command or a timer at its moment: the Turn that it would be."""

    state: ConversationState
    seq: int
    now: datetime
    norms: Norms


def on_task_command(
    command: TaskCommand, step: Step, viewer: Viewer, desk: Desk, task: Task | None, known: Sequence[Task]
) -> Decision | None:
    """An operator acts on `task`, None for a new one. None when everything already is as asked.

    Raises `Conflict`, `Invalid`, `NotAllowed`, `NotFound`.
    """
    if not viewer.may(Right.REPLY):
        raise NotAllowed
    if isinstance(command, AddTask):
        return _added(command, step, desk, known)
    if task is None:
        raise NotFound("This task")
    if task.status is TaskStatus.DONE:
        raise Conflict("task_done", "This task is done. Make a new one if there is more to do.")
    match command:
        case AssignTask():
            return _assigned(command, step, viewer, task)
        case FinishTask():
            if command.disposition not in ENDING:
                raise Invalid("not_done", "After this outcome somebody calls again: say when, and move the task.")
            attempt = _attempt(command, step, viewer)
            change = {"status": TaskStatus.DONE, "done_at": step.now, "disposition": command.disposition}
            return _decided(task, step, TaskDid.DONE, command.note, attempts=_more(task, attempt), **change)
        case MoveTask():
            return _moved(command, step, viewer, task)
        case _:
            assert_never(command)


def on_task_timer(timer: Timer, step: Step, task: Task | None) -> Decision | None:
    """A reminder is due, or the task itself. None where the task was done or moved since."""
    if task is None or task.status is TaskStatus.DONE:
        return None
    if timer.kind is TimerKind.TASK_REMIND:
        if task.remind_at != timer.due_at or task.reminded_at is not None:
            return None
        return _decided(task, step, TaskDid.REMINDED, reminded_at=step.now)
    if task.due_at != timer.due_at or task.overdue_at is not None:
        return None
    return _decided(task, step, TaskDid.OVERDUE, overdue_at=step.now)


def _added(command: AddTask, step: Step, desk: Desk, known: Sequence[Task]) -> Decision:
    if len(known) >= OPEN_OF_CONVERSATION:
        raise Conflict("too_many_tasks", f"{OPEN_OF_CONVERSATION} calls are open here already. Do those first.")
    if any(task.phone == command.wish.phone for task in known):
        raise Conflict("task_open", "A call to this number is open here already. Move that one instead.")
    if command.due_at is not None:
        _check_time(command.due_at, step.now)
    effects = asked(command.wish, desk, known)
    task = next(effect.task for effect in effects if isinstance(effect, KeepTask))
    if command.due_at is not None:
        task = due(task, command.due_at, step.now, desk.norms, command.remind_at)
    mark = mark_of(task, TaskDid.CREATED)
    return Decision(TurnKind.TASK, step.state, (KeepTask(task=task), *timers(task)), task=mark)


def _assigned(command: AssignTask, step: Step, viewer: Viewer, task: Task) -> Decision | None:
    if (command.operator, command.team) == (task.assignee, task.team):
        return None
    held_by_another = task.assignee not in (None, viewer.operator)
    if held_by_another and not viewer.may(Right.ASSIGN_OTHERS):
        raise NotAllowed("Only curators and admins move tasks that a colleague has.")
    former: tuple[tuple[OperatorId | None, TeamId | None], ...] = (*task.former, (task.assignee, task.team))
    did = TaskDid.TAKEN if command.operator == viewer.operator else TaskDid.ASSIGNED
    kept = former[-FORMER:]
    return _decided(task, step, did, assignee=command.operator, team=command.team, former=kept)


def _moved(command: MoveTask, step: Step, viewer: Viewer, task: Task) -> Decision:
    if command.disposition in ENDING:
        raise Invalid("not_moved", "After this outcome nobody calls again: finish the task instead.")
    _check_time(command.due_at, step.now)
    attempt = _attempt(command, step, viewer, command.due_at)
    later = due(task, command.due_at, step.now, step.norms, command.remind_at)
    return _decided(later, step, TaskDid.MOVED, command.note, attempts=_more(task, attempt))


def _decided(task: Task, step: Step, did: TaskDid, note: str = "", **change: Any) -> Decision:
    """The Turn that leaves `task` so. The conversation itself stays as it is."""
    after = task.model_copy(update={**change, "seq": step.seq})
    effects: list[Effect] = [KeepTask(task=after)]
    if did is TaskDid.MOVED:
        effects += timers(after)
    return Decision(TurnKind.TASK, step.state, tuple(effects), task=mark_of(after, did, note))


def _attempt(command: FinishTask | MoveTask, step: Step, viewer: Viewer, moved_to: datetime | None = None) -> Attempt:
    return Attempt(
        at=step.now, by=viewer.operator, by_name=viewer.name, disposition=command.disposition, note=command.note,
        moved_to=moved_to,
    )  # fmt: skip


def _more(task: Task, attempt: Attempt) -> tuple[Attempt, ...]:
    return (*task.attempts, attempt)[-ATTEMPTS:]


def _check_time(at: datetime, now: datetime) -> None:
    if at <= now:
        raise Invalid("not_in_future", "This time has passed already. Choose a later one.")
    if at > now + LONGEST:
        raise Invalid("too_far", "Choose a time within a year.")
