"""The indexes of all modules of the store."""

from hub.store import leases, sessions, tickets
from hub.store.connection import Database
from hub.store.indexes import INDEXES, create_indexes, every_index, missing_indexes


async def test_every_module_s_indexes_are_made(database: Database) -> None:
    """What a module declares beside its queries exists after the start, and starting again changes nothing."""
    wanted = every_index()
    assert all(index in wanted for index in (*INDEXES, *leases.INDEXES, *sessions.INDEXES, *tickets.INDEXES))
    assert await missing_indexes(database) == list(wanted)
    for _ in range(2):
        await create_indexes(database)
        assert await missing_indexes(database) == []


def test_no_two_indexes_have_the_same_name_in_a_collection() -> None:
    """Names are made of keys: two of the same keys would hide one another."""
    names = [(index.collection, index.name) for index in every_index()]
    assert len(names) == len(set(names))
