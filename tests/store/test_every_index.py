"""The indexes of all modules of the store."""

import pkgutil
from importlib import import_module

from hub import store
from hub.store.connection import Database
from hub.store.indexes import INDEXES, Index, create_indexes


async def missing_indexes(database: Database) -> list[Index]:
    """The indexes that the database lacks."""
    present = {one: await database[one].index_information() for one in {index.collection for index in INDEXES}}
    return [index for index in INDEXES if index.name not in present[index.collection]]


async def test_every_index_is_made(database: Database) -> None:
    """All exist after the start, those that let documents expire among them, and starting again changes nothing."""
    assert await missing_indexes(database) == list(INDEXES)
    for _ in range(2):
        await create_indexes(database)
        assert await missing_indexes(database) == []
    leases = await database["leases"].index_information()
    assert leases["expires_at_up"]["expireAfterSeconds"] == 86_400


def test_no_two_indexes_have_the_same_name_in_a_collection() -> None:
    """Names are made of keys: two of the same keys would hide one another."""
    names = [(index.collection, index.name) for index in INDEXES]
    assert len(names) == len(set(names))


def test_no_other_module_of_the_store_keeps_indexes_of_its_own() -> None:
    """A list beside its queries would be one that nobody creates."""
    modules = [found.name for found in pkgutil.iter_modules(store.__path__) if found.name != "indexes"]
    assert [name for name in modules if hasattr(import_module(f"hub.store.{name}"), "INDEXES")] == []
