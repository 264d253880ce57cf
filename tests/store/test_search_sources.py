"""What search is made from is read on from where the last look ended, and from wherever the words stand."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.store.connection import Database
from hub.store.search_sources import SearchSources


@pytest.fixture
async def sources(database: Database) -> AsyncIterator[SearchSources]:
    """Of the test's database."""
    sources = SearchSources(database)
    yield sources
    await sources.close()


async def _say(database: Database, *ids: str) -> None:
    for each in ids:
        await database["messages"].insert_one({"_id": each, "text": each})


async def _until_seen(sources: SearchSources, token: str) -> tuple[list[str], str]:
    """What the next looks find that find anything, and the place after them."""
    while True:
        news = await sources.news(token, 2)
        token = news.token
        if news.messages:
            return list(news.messages), token


async def test_each_look_goes_on_where_the_last_one_ended(sources: SearchSources, database: Database) -> None:
    """Whatever came meanwhile is found once, in its order, also after looks that found nothing."""
    token = await sources.token()
    await _say(database, "a", "b", "c")
    first, token = await _until_seen(sources, token)
    second, token = await _until_seen(sources, token)
    assert (first, second) == (["a", "b"], ["c"])
    assert not (await sources.news(token, 2)).messages
    await _say(database, "d")
    assert (await _until_seen(sources, token))[0] == ["d"]


async def test_look_whose_words_were_not_kept_is_had_again(sources: SearchSources, database: Database) -> None:
    """The place that is noted counts, not how far the stream has been read."""
    token = await sources.token()
    await _say(database, "a", "b", "c")
    first, _ = await _until_seen(sources, token)
    again, after = await _until_seen(sources, token)
    assert first == again == ["a", "b"]
    await sources.close()
    assert (await _until_seen(sources, after))[0] == ["c"]


async def test_a_place_that_was_taken_while_others_write_can_be_read_on_from(
    sources: SearchSources, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the last write before it was of no interest here: a stream could not begin at that one."""
    watch = database.watch

    async def busily_watched(*arguments: Any, **options: Any) -> Any:
        stream = await watch(*arguments, **options)
        await database["channels"].insert_one({})
        return stream

    monkeypatch.setattr(database, "watch", busily_watched)
    token = await sources.token()
    monkeypatch.undo()
    await _say(database, "a")
    assert (await _until_seen(sources, token))[0] == ["a"]
