"""The version of what the database holds: checked at start, raised by `hub db upgrade`."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.model.turn import MESSAGE_KINDS
from hub.model.views import Shelf, View
from hub.store.connection import Database, retrying
from hub.store.errors import ForeignDatabase, NewerSchema, OlderSchema

log = structlog.get_logger(__name__)

META = "meta"
SCHEMA = "schema"
FEED = "feed"
RESTORING = "restoring"
FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Step:
    """Brings a database from the version before to `version`.

    `run` may be interrupted anywhere and run again, also on documents that it has changed already, and must come to the
    same end: select what is still old, change it, never count on how far it got.
    """

    version: int
    what: str
    run: Callable[[Database], Awaitable[None]]


async def _mark_activities(database: Database) -> None:
    turns = database["turns"]
    silent = [kind.value for kind in MESSAGE_KINDS]
    await turns.update_many({"kind": {"$nin": silent}, "activity": {"$exists": False}}, {"$set": {"activity": True}})
    former = "conversation_up_position_up_seq_up"
    if former in await turns.index_information():
        await turns.drop_index(former)


async def _put_on_shelves(database: Database) -> None:
    conversations = database["conversations"]
    for name in await conversations.index_information():  # first: they would be kept up to date for every document
        if "_views_" in name:
            await conversations.drop_index(name)
    views = {"$ifNull": ["$views", []]}
    branches = [
        {"case": {"$in": [view.value, views]}, "then": shelf.value}
        for view, shelf in (
            (View.SPAM, Shelf.SPAM),
            (View.RESOLVED, Shelf.RESOLVED),
            (View.SNOOZED, Shelf.SNOOZED),
            (View.BOT, Shelf.BOT),
            (View.UNASSIGNED, Shelf.FREE),
        )
    ]
    shelf = {"$switch": {"branches": branches, "default": Shelf.HELD.value}}
    change = {"shelf": shelf, "unattended": {"$in": [View.UNATTENDED.value, views]}}
    await conversations.update_many({"shelf": {"$exists": False}}, [{"$set": change}, {"$unset": "views"}])


async def _drop_sessions_of_conversations(database: Database) -> None:
    sessions = database["flow_sessions"]
    former = "conversation_up_started_at_down"
    if former in await sessions.index_information():
        await sessions.drop_index(former)


async def _name_turns_after_messages(database: Database) -> None:
    """Those of messages that are marked as undecided have an id of their own, by which the hub would not find them.

    They say themselves from now on that they are to be applied.
    """
    turns, messages = database["turns"], database["messages"]
    async for message in messages.find({"undecided": True}, {"_id": 1}):
        cause = {"cause": f"message:{message['_id']}", "_id": {"$ne": message["_id"]}}
        if (await turns.update_one(cause, {"$set": {"applied": False}})).matched_count:
            await messages.update_one({"_id": message["_id"]}, {"$unset": {"undecided": ""}})
    former = (await turns.index_information()).get("cause_up", {})
    if former and "partialFilterExpression" not in former:
        await turns.drop_index("cause_up")


async def _nothing(_: Database) -> None:
    """What is there stays; but an older hub would sweep away what new blobs are put together from."""


STEPS: tuple[Step, ...] = (
    Step(2, "Turns that threads show are marked", _mark_activities),
    Step(3, "A conversation's views are one value", _put_on_shelves),
    Step(4, "An index of flow sessions that nobody asks is gone", _drop_sessions_of_conversations),
    Step(5, "The Turn of a message is found by the message's id", _name_turns_after_messages),
    Step(6, "The original of a mail may be put together from its files", _nothing),
)
"""Every step since version 1, in order, without a gap. A step is never removed: any older version can be upgraded."""


def newest_version(steps: Sequence[Step] = STEPS) -> int:
    """The version that this hub reads and writes.

    Raises:
        ValueError: the steps are not numbered 2, 3, 4 ...
    """
    if [step.version for step in steps] != list(range(FIRST_VERSION + 1, FIRST_VERSION + 1 + len(steps))):
        raise ValueError("upgrade steps are numbered from 2 upwards without a gap")
    return FIRST_VERSION + len(steps)


async def check(database: Database, steps: Sequence[Step] = STEPS) -> None:
    """Makes sure that this hub may work on `database`; an empty one is initialised. Call it before anything is written.

    Raises:
        NewerSchema, OlderSchema, ForeignDatabase: do not start; the message says what to do.
    """
    version, newest = await stored_version(database), newest_version(steps)
    if version is None:
        version = await _initialise(database, newest)
    if version > newest:
        raise NewerSchema(_too_new(database, version, newest))
    if version < newest:
        raise OlderSchema(
            f"the database {database.name} has schema version {version}, and this hub needs {newest}: stop every hub "
            "on it, make a backup (hub db backup), then run  hub db upgrade"
        )


async def upgrade(database: Database, steps: Sequence[Step] = STEPS) -> Sequence[Step]:
    """Runs the steps that `database` lacks, in order, and returns them; an empty database is initialised.

    The version rises after each step, so that an interrupted upgrade goes on where it stopped when it is run again.

    Raises:
        NewerSchema, ForeignDatabase: nothing was changed.
    """
    version, newest = await stored_version(database), newest_version(steps)
    if version is None:
        version = await _initialise(database, newest)
    if version > newest:
        raise NewerSchema(_too_new(database, version, newest))
    missing = [step for step in steps if step.version > version]
    for step in missing:
        log.info("upgrade step begins", version=step.version, what=step.what)
        await step.run(database)
        await set_version(database, step.version)
    return missing


async def stored_version(database: Database) -> int | None:
    """The version of `database`, None when it has none yet."""
    document = await retrying(lambda: database[META].find_one({"_id": SCHEMA}))
    return None if document is None else int(document["version"])


async def set_version(database: Database, version: int) -> None:
    """Raises the stored version to `version`; it never falls, whoever else upgrades at the same time."""
    await retrying(lambda: database[META].update_one({"_id": SCHEMA}, {"$max": {"version": version}}, upsert=True))


async def generation(database: Database) -> str:
    """The feed's generation: another one means that the database was restored, and every cursor is void."""
    first = {"$setOnInsert": {"generation": secrets.token_hex(8)}}
    document = await retrying(
        lambda: database[META].find_one_and_update(
            {"_id": FEED}, first, upsert=True, return_document=ReturnDocument.AFTER
        )
    )
    assert document is not None
    return str(document["generation"])


async def new_generation(database: Database) -> str:
    """Gives the feed a new generation, as after a restore, and returns it."""
    value = secrets.token_hex(8)
    await retrying(lambda: database[META].update_one({"_id": FEED}, {"$set": {"generation": value}}, upsert=True))
    return value


async def _initialise(database: Database, newest: int) -> int:
    """The version after an empty database was marked as ours, by this process or by another that was faster."""
    if await database[META].find_one({"_id": RESTORING}):
        raise ForeignDatabase(
            f"a restore into the database {database.name} was interrupted: run  hub db restore  once more, which "
            "begins anew, or set HUB_DATABASE to another name"
        )
    foreign = [name for name in await database.list_collection_names() if name != META]
    if foreign:
        # Another hub may have initialised it, and gone on, between our two looks.
        version = await stored_version(database)
        if version is not None:
            return version
        raise ForeignDatabase(
            f"the database {database.name} holds collections ({', '.join(sorted(foreign)[:3])} ...) but no schema "
            "version: it is not this hub's, or a restore into it was interrupted. Set HUB_DATABASE to another name, or "
            "drop it and restore again"
        )
    # The generation first: where a version is stored, everything else is there.
    meta = database[META]
    try:
        await meta.update_one({"_id": FEED}, {"$setOnInsert": {"generation": secrets.token_hex(8)}}, upsert=True)
        await meta.update_one({"_id": SCHEMA}, {"$setOnInsert": {"version": newest}}, upsert=True)
    except DuplicateKeyError:
        pass  # two hubs at the same moment: the other one did it
    return await stored_version(database) or newest


def _too_new(database: Database, version: int, newest: int) -> str:
    return (
        f"the database {database.name} has schema version {version}, and this hub knows up to {newest}: "
        "a newer hub has written it. Install that hub again; an older one would damage what it does not know"
    )
