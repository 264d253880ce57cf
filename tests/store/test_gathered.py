"""Reads that come at the same time share a query, and none is answered by one that began before it."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from hub.store.gathered import Gathered


class Shelf:
    """Things by id; a query waits until it is let go."""

    def __init__(self) -> None:
        self.things = {"a": 1, "b": 2}
        self.queries: list[list[str]] = []
        self.open = asyncio.Event()
        self.faults = 0

    async def read(self, ids: Sequence[str]) -> Mapping[str, int]:
        """Those of `ids` that stand on the shelf."""
        self.queries.append(sorted(ids))
        await self.open.wait()
        if self.faults:
            self.faults -= 1
            raise OSError("away")
        return {key: self.things[key] for key in ids if key in self.things}


async def test_reads_that_come_during_a_query_are_the_next_one() -> None:
    """The first goes at once; all that follow share one, and the same id is asked once."""
    shelf = Shelf()
    reads: Gathered[int] = Gathered(shelf.read)
    first = asyncio.create_task(reads.get("a"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(reads.get(key)) for key in ("a", "b", "b", "c")]
    await asyncio.sleep(0)
    shelf.things["a"] = 3
    shelf.open.set()
    assert [await one for one in (first, *others)] == [3, 3, 2, 2, None]
    assert shelf.queries == [["a"], ["a", "b", "c"]]


async def test_query_that_fails_is_the_trouble_of_one() -> None:
    """Who asked hears of it; who waited for that query asks again."""
    shelf = Shelf()
    reads: Gathered[int] = Gathered(shelf.read)
    first = asyncio.create_task(reads.get("a"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(reads.get(key)) for key in ("a", "b")]
    await asyncio.sleep(0)
    shelf.faults = 2
    shelf.open.set()
    with pytest.raises(OSError, match="away"):
        await first
    with pytest.raises(OSError, match="away"):
        await others[0]
    assert await others[1] == 2


async def test_reader_that_goes_away_takes_nobody_along() -> None:
    """The one whose query is under way is cancelled: the others are answered all the same."""
    shelf = Shelf()
    reads: Gathered[int] = Gathered(shelf.read)
    first, second, third = (asyncio.create_task(reads.get(key)) for key in ("a", "a", "b"))
    await asyncio.sleep(0)
    first.cancel()
    shelf.open.set()
    assert [await second, await third] == [1, 2]
    with pytest.raises(asyncio.CancelledError):
        await first
