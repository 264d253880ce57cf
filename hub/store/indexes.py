"""Every index of the store, each with the question it answers."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.database import AsyncDatabase


@dataclass(frozen=True)
class Index:
    """One index. `partial` is its filter; `expire_after_s` makes the database remove documents by itself."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    question: str
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    expire_after_s: int | None = None

    @property
    def name(self) -> str:
        """A stable name made of the keys."""
        return "_".join(f"{key}_{'up' if order > 0 else 'down'}" for key, order in self.keys)

    def model(self) -> IndexModel:
        """The driver's description."""
        options: dict[str, Any] = {"name": self.name, "unique": self.unique}
        if self.partial is not None:
            options["partialFilterExpression"] = self.partial
        if self.expire_after_s is not None:
            options["expireAfterSeconds"] = self.expire_after_s
        return IndexModel(list(self.keys), **options)


def up(*names: str) -> tuple[tuple[str, int], ...]:
    """Ascending keys."""
    return tuple((name, ASCENDING) for name in names)


def down(*names: str) -> tuple[tuple[str, int], ...]:
    """Descending keys."""
    return tuple((name, DESCENDING) for name in names)


EXTERNAL_ID = up("channel", "external_id")
POSITION = up("conversation", "position")
CAUSE = up("cause")
SEQ = up("conversation", "seq")

INDEXES: tuple[Index, ...] = (
    Index(
        "messages",
        EXTERNAL_ID,
        "Has this message of the service been stored already?",
        unique=True,
        partial={"external_id": {"$type": "string"}},
    ),
    Index("messages", POSITION, "Which message stands at this position; which window of the thread?", unique=True),
    Index(
        "messages",
        up("undecided", "conversation", "position"),
        "Which received messages have no Turn yet?",
        partial={"undecided": True},
    ),
    Index(
        "messages",
        up("channel", "conversation", "position", "delivery.status"),
        "What waits to be sent?",
        partial={"delivery.status": {"$in": ["queued", "sending"]}},
    ),
    Index(
        "messages",
        up("channel", "delivery.external_ids"),
        "Which message is this receipt about?",
        partial={"delivery.external_ids": {"$exists": True}},
    ),
    Index(
        "messages",
        up("attachments.id"),
        "Does any message refer to this attachment?",
        partial={"attachments.id": {"$exists": True}},
    ),
    Index("turns", CAUSE, "Was this already decided?", unique=True),
    Index("turns", SEQ, "What is the newest Turn of this conversation?", unique=True),
    Index(
        "turns",
        up("applied", "conversation", "seq"),
        "Which Turns were committed but not yet applied?",
        partial={"applied": False},
    ),
    Index("turns", up("conversation", "position", "seq"), "Which activities belong into this window of the thread?"),
    Index(
        "conversations",
        up("channel", "contact", "number"),
        "Which is this contact's newest conversation here?",
        unique=True,
    ),
    Index("conversations", (*up("project", "views"), *down("last_activity_at", "_id")), "What does this view list?"),
    Index(
        "conversations",
        (*up("project", "assignee", "views"), *down("last_activity_at", "_id")),
        "What does this view list of one person's?",
    ),
    Index(
        "conversations",
        (*up("project", "team", "views"), *down("last_activity_at", "_id")),
        "What does this view list of one team's?",
    ),
    Index("conversations", up("project", "views", "waiting_since", "_id"), "Who has been waiting longest?"),
    Index(
        "conversations",
        up("project", "assignee", "views", "waiting_since", "_id"),
        "Who of mine has been waiting longest?",
    ),
    Index(
        "conversations",
        up("project", "team", "views", "waiting_since", "_id"),
        "Who of my team's has been waiting longest?",
    ),
    Index("conversations", up("project", "contact", "number"), "Which conversations has this contact had?"),
    Index("addresses", up("project", "kind", "value"), "Whose address is this?", unique=True),
    Index("addresses", up("contact"), "Where can this contact be reached?"),
    Index("timers", up("status", "due_at"), "Which timers are due?", partial={"status": "pending"}),
    Index("timers", up("conversation", "kind", "seq"), "Which timers does this Turn cancel?"),
)


def every_index() -> tuple[Index, ...]:
    """All indexes: those above, and those that other modules of the store declare as `INDEXES` beside their queries."""
    # Imported here and not above: those modules need `Index`.
    names = sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]))
    modules = [importlib.import_module(f"hub.store.{name}") for name in names if name != "indexes"]
    declared = [index for module in modules for index in getattr(module, "INDEXES", ())]
    return (*INDEXES, *declared)


async def create_indexes(database: AsyncDatabase[dict[str, Any]]) -> None:
    """Make every index that is missing. Making one that exists is nothing."""
    by_collection: dict[str, list[IndexModel]] = {}
    for index in every_index():
        by_collection.setdefault(index.collection, []).append(index.model())
    for collection, models in by_collection.items():
        await database[collection].create_indexes(models)


async def missing_indexes(database: AsyncDatabase[dict[str, Any]]) -> list[Index]:
    """The indexes that the database lacks. Without the unique ones the hub must not start."""
    wanted = every_index()
    present: dict[str, set[str]] = {}
    for collection in {index.collection for index in wanted}:
        present[collection] = set(await database[collection].index_information())
    return [index for index in wanted if index.name not in present[index.collection]]
