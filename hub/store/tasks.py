"""Tasks: derived from Turns, each as the newest Turn that changed it left it, and the lists that people work from."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from pymongo.errors import DuplicateKeyError

from hub.model.ids import ContactId, ConversationId, ProjectId, TaskId
from hub.model.operator import Scope, Viewer
from hub.model.task import Task, TaskStatus
from hub.store.connection import Database
from hub.store.conversations import BadCursor, holder_of
from hub.store.documents import from_document, to_document

COUNTED_AT_MOST = 100  # shown as 99+
OPEN_OF_CONVERSATION = 100


class TaskList(StrEnum):
    """Whose tasks: one's own, those of one's teams that nobody has taken, or all that one sees."""

    MINE = "mine"
    TEAM = "team"
    ALL = "all"


class Tasks:
    """The tasks of all projects."""

    def __init__(self, database: Database) -> None:
        self._collection = database["tasks"]

    async def keep(self, task: Task) -> None:
        """Store the task as its Turn left it; an older Turn, or the same again, changes nothing."""
        document = to_document(task)
        document |= {"holder": holder_of(task.assignee, task.team), "listed_at": task.done_at or task.due_at}
        query = {"_id": document.pop("_id"), "seq": {"$lt": task.seq}}
        try:
            await self._collection.update_one(query, {"$set": document}, upsert=True)
        except DuplicateKeyError:  # it is there, and newer
            pass

    async def get(self, task: TaskId) -> Task | None:
        """The task, whoever asks: for the hub's own work only."""
        document = await self._collection.find_one({"_id": task})
        return from_document(Task, document) if document else None

    async def open_of(self, conversation: ConversationId) -> Sequence[Task]:
        """The open tasks of a conversation, the first due first."""
        query = {"conversation": conversation, "status": TaskStatus.OPEN.value}
        rows = await self._collection.find(query).sort("listed_at", 1).limit(OPEN_OF_CONVERSATION).to_list()
        return [from_document(Task, row) for row in rows]

    async def list(
        self, viewer: Viewer, whose: TaskList, status: TaskStatus, *, cursor: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Task], str | None]:
        """One page, and the cursor of the next (None on the last): the first due first, of done ones the last done.

        Raises `BadCursor`.
        """
        query, sort = list_query(viewer, whose, status, cursor)
        rows = await self._collection.find(query).sort(sort).limit(limit + 1).to_list()
        found = [from_document(Task, row) for row in rows[:limit]]
        return found, _cursor_after(found[-1]) if len(rows) > limit else None

    async def count(self, viewer: Viewer, whose: TaskList, *, due_before: datetime | None = None) -> int:
        """How many open ones there are, or are due before a moment, counted to 100 at the most."""
        query, _ = list_query(viewer, whose, TaskStatus.OPEN, due_before=due_before)
        return await self._collection.count_documents(query, limit=COUNTED_AT_MOST)

    async def rename_contact(self, project: ProjectId, contact: ContactId, name: str | None) -> None:
        """Bring the copies of a contact's name up to date."""
        await self._collection.update_many({"project": project, "contact": contact}, {"$set": {"contact_name": name}})


def sees(viewer: Viewer, task: Task) -> bool:
    """Whether a task is in this person's scope: `list_query` as a rule."""
    return viewer.sees(task.project, task.assignee, task.team)


def list_query(
    viewer: Viewer,
    whose: TaskList,
    status: TaskStatus,
    cursor: str | None = None,
    *,
    due_before: datetime | None = None,
) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    """The query and order behind a list; every one is answered by an index in order (`tests/store/test_plans.py`)."""
    query: dict[str, Any] = {"project": viewer.project, "status": status.value}
    holders = _holders(viewer, whose)
    if holders is not None:
        query["holder"] = {"$in": holders}
    order = 1 if status is TaskStatus.OPEN else -1
    if due_before is not None:
        query["listed_at"] = {"$lte": due_before}
    if cursor is not None:
        at, after = _read_cursor(cursor)
        query["listed_at"] = {"$gte" if order == 1 else "$lte": at}
        query["$nor"] = [{"listed_at": at, "_id": {"$lte" if order == 1 else "$gte": after}}]
    if whose is TaskList.ALL and viewer.scope is Scope.TEAM:  # a task of the team is seen whoever has it
        shared = dict(query)
        shared.pop("holder")
        branches: list[Mapping[str, Any]] = [query, *({**shared, "team": team} for team in viewer.teams)]
        query = {"$or": branches}
    return query, [("listed_at", order), ("_id", order)]


def _holders(viewer: Viewer, whose: TaskList) -> list[str] | None:
    """Who may have the tasks of a list, None for anybody."""
    own, free = holder_of(viewer.operator, None), holder_of(None, None)
    queues = [holder_of(None, team) for team in viewer.teams]
    match whose:
        case TaskList.MINE:
            return [own]
        case TaskList.TEAM:
            return [free, *queues]
        case TaskList.ALL:
            return None if viewer.scope is Scope.ALL else [own, free, *queues]


def _cursor_after(task: Task) -> str:
    at = task.done_at or task.due_at
    return base64.urlsafe_b64encode(orjson.dumps([round(at.timestamp() * 1000), task.id])).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, task = orjson.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(at, int) or not isinstance(task, str):
            raise BadCursor(cursor)
        return datetime.fromtimestamp(at / 1000, UTC), task
    except (ValueError, TypeError, OverflowError, OSError, binascii.Error) as error:
        raise BadCursor(cursor) from error
