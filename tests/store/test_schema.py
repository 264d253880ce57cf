"""The schema version and the upgrade."""

import asyncio

import pytest

from hub.model.views import Shelf
from hub.store import schema
from hub.store.connection import Database
from hub.store.errors import ForeignDatabase, NewerSchema, OlderSchema
from hub.store.indexes import create_indexes
from hub.store.schema import Step


def step(version: int, stop_at: list[int]) -> Step:
    """A step that notes its number on every document, once; it stops in the middle while its number is in `stop_at`."""

    async def run(database: Database) -> None:
        async for document in database["things"].find({"steps": {"$ne": version}}):
            await database["things"].update_one({"_id": document["_id"]}, {"$addToSet": {"steps": version}})
            if version in stop_at:
                raise ConnectionAbortedError("stopped in the middle")

    return Step(version, f"step {version}", run)


STEPS = [step(version, []) for version in (2, 3, 4)]


async def test_an_empty_database_is_initialised_with_the_newest_version(database: Database) -> None:
    """It needs no upgrade, and its feed has a generation that stays."""
    await schema.check(database, STEPS)
    assert await schema.stored_version(database) == 4
    generation = await schema.generation(database)
    await schema.check(database, STEPS)
    assert await schema.generation(database) == generation
    assert await schema.upgrade(database, STEPS) == []


async def test_many_hubs_initialise_one_database_once(database: Database) -> None:
    """All start, and see one generation."""
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(schema.check(database))
    assert await database["meta"].count_documents({}) == 2


async def test_an_older_database_is_refused_until_it_is_upgraded(database: Database) -> None:
    """The message names the command; after it the hub starts."""
    await schema.check(database, [])
    await database["things"].insert_many([{"_id": number} for number in range(3)])
    with pytest.raises(OlderSchema, match="hub db upgrade"):
        await schema.check(database, STEPS)
    assert await schema.upgrade(database, STEPS) == STEPS
    await schema.check(database, STEPS)
    assert [each["steps"] async for each in database["things"].find()] == [[2, 3, 4]] * 3


async def test_an_interrupted_upgrade_goes_on_where_it_stopped(database: Database) -> None:
    """The finished step is not run again, the interrupted one comes to its end."""
    await schema.check(database, [])
    await database["things"].insert_many([{"_id": number} for number in range(3)])
    with pytest.raises(ConnectionAbortedError):
        await schema.upgrade(database, [STEPS[0], step(3, [3]), STEPS[2]])
    assert await schema.stored_version(database) == 2
    assert await schema.upgrade(database, STEPS) == STEPS[1:]
    assert [each["steps"] async for each in database["things"].find()] == [[2, 3, 4]] * 3


async def test_a_newer_database_is_left_alone(database: Database) -> None:
    """Neither start nor upgrade touches it, and the message says which hub to install."""
    await schema.check(database, STEPS)
    for refused in (schema.check, schema.upgrade):
        with pytest.raises(NewerSchema, match="Install"):
            await refused(database, STEPS[:1])
    assert await schema.stored_version(database) == 4


async def test_a_database_of_somebody_else_is_left_alone(database: Database) -> None:
    """Collections without a version are not ours."""
    await database["orders"].insert_one({"_id": 1})
    with pytest.raises(ForeignDatabase, match="HUB_DATABASE"):
        await schema.check(database)
    assert await database.list_collection_names() == ["orders"]


def test_steps_with_a_gap_are_a_mistake() -> None:
    """Numbers follow each other, so that any older version can be upgraded."""
    with pytest.raises(ValueError, match="gap"):
        schema.newest_version([STEPS[0], STEPS[2]])


async def test_upgrade_from_the_first_version_marks_what_threads_show(database: Database) -> None:
    """Turns of the first version are found by the index of activities afterwards; the index before it is gone."""
    await schema.check(database, [])
    turns = database["turns"]
    await turns.create_index({"conversation": 1, "position": 1, "seq": 1}, name="conversation_up_position_up_seq_up")
    await turns.insert_many([{"_id": kind, "kind": kind} for kind in ("message", "take", "reply", "note", "flow")])
    for _ in range(2):
        await schema.STEPS[0].run(database)
    assert await turns.distinct("_id", {"activity": True}) == ["flow", "take"]
    assert set(await turns.index_information()) == {"_id_"}
    await schema.upgrade(database)
    await schema.check(database)


async def test_upgrade_from_the_second_version_puts_conversations_on_shelves(database: Database) -> None:
    """Each stands in the views that it stood in, and the indexes of the former field are gone."""
    conversations = database["conversations"]
    formerly = {
        ("all", "open", "unattended", "unassigned"): (Shelf.FREE, True),
        ("all", "open", "unassigned"): (Shelf.FREE, False),
        ("all", "open", "unattended"): (Shelf.HELD, True),
        ("all", "open"): (Shelf.HELD, False),
        ("all", "open", "bot"): (Shelf.BOT, False),
        ("all", "snoozed"): (Shelf.SNOOZED, False),
        ("all", "resolved"): (Shelf.RESOLVED, False),
        ("spam",): (Shelf.SPAM, False),
    }
    await schema.check(database, schema.STEPS[:1])
    await conversations.insert_many([{"_id": n, "views": list(views)} for n, views in enumerate(formerly)])
    await conversations.create_index([("project", 1), ("views", 1)], name="project_up_views_up")
    await schema.upgrade(database)
    await schema.check(database)
    assert await conversations.find().sort("_id", 1).to_list() == [
        {"_id": n, "shelf": shelf.value, "unattended": waits} for n, (shelf, waits) in enumerate(formerly.values())
    ]
    assert set(await conversations.index_information()) == {"_id_"}


async def test_upgrade_from_the_third_version_drops_an_index_that_nobody_asks(database: Database) -> None:
    """Once and again: the sessions of flows are kept up to date in one index less."""
    await schema.check(database, schema.STEPS[:2])
    sessions = database["flow_sessions"]
    await sessions.create_index([("conversation", 1), ("started_at", -1)], name="conversation_up_started_at_down")
    for _ in range(2):
        await schema.STEPS[2].run(database)
    assert set(await sessions.index_information()) == {"_id_"}
    await schema.upgrade(database)
    await schema.check(database)


async def test_upgrade_from_the_fourth_version_leaves_no_message_to_be_decided_twice(database: Database) -> None:
    """A message whose Turn was committed and not applied is no longer undecided: its Turn is to be applied instead."""
    await schema.check(database, schema.STEPS[:3])
    await database["turns"].create_index("cause", name="cause_up", unique=True)
    waiting = [{"_id": name, "conversation": name, "undecided": True} for name in ("decided", "waiting")]
    await database["messages"].insert_many([*waiting, {"_id": "done", "conversation": "done"}])
    await database["turns"].insert_many(
        {"_id": f"t {name}", "conversation": name, "cause": f"message:{name}", "applied": None}
        for name in ("decided", "done")
    )
    for _ in range(2):
        await schema.STEPS[3].run(database)
    assert await database["messages"].distinct("_id", {"undecided": True}) == ["waiting"]
    assert await database["turns"].distinct("_id", {"applied": False}) == ["t decided"]
    assert set(await database["turns"].index_information()) == {"_id_"}
    await schema.upgrade(database)
    await schema.check(database)
    await create_indexes(database)
    assert "partialFilterExpression" in (await database["turns"].index_information())["cause_up"]
