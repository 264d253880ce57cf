"""The audit log: lines are added, read, and removed by their age; none is ever changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.model.audit import AuditAction, AuditEntry
from hub.model.ids import OperatorId, ProjectId
from hub.store.connection import Database
from hub.store.documents import from_document, to_document


class BadCursor(ValueError):
    """A cursor that this log has not given."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines. None: all of them. `since` is part of the time, `until` is not."""

    by: OperatorId | None = None
    action: AuditAction | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditEntries:
    """The lines of all projects."""

    def __init__(self, database: Database) -> None:
        self._collection = database["audit"]

    async def add(self, entry: AuditEntry) -> None:
        """Add a line."""
        await self._collection.insert_one(to_document(entry))

    async def page(
        self, project: ProjectId, which: AuditFilter, *, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """Lines of a project, the newest first, and the cursor of those that follow. Raises `BadCursor`."""
        query: dict[str, Any] = {"projects": project}
        if which.by is not None:
            query["by"] = which.by
        if which.action is not None:
            query["action"] = which.action.value
        at = {"$gte": which.since, "$lt": which.until}
        if any(at.values()):
            query["at"] = {name: value for name, value in at.items() if value}
        if after is not None:
            moment, entry = _read(after)
            query = {"$and": [query, {"at": {"$lte": moment}}, {"$or": [
                {"at": {"$lt": moment}}, {"at": moment, "_id": {"$lt": entry}},
            ]}]}  # fmt: skip
        rows = await self._collection.find(query).sort([("at", -1), ("_id", -1)]).limit(limit + 1).to_list()
        found = [from_document(AuditEntry, row) for row in rows[:limit]]
        return found, _cursor(found[-1]) if len(rows) > limit else None

    async def forget_before(self, moment: datetime) -> int:
        """Remove what is older; how many lines that were."""
        return (await self._collection.delete_many({"at": {"$lt": moment}})).deleted_count


def _cursor(entry: AuditEntry) -> str:
    return f"{round(entry.at.timestamp() * 1000):x}.{entry.id}"


def _read(cursor: str) -> tuple[datetime, str]:
    moment, _, entry = cursor.partition(".")
    try:
        return datetime.fromtimestamp(int(moment, 16) / 1000, UTC), entry
    except (ValueError, OverflowError, OSError):
        raise BadCursor(cursor) from None
