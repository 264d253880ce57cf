"""What the web says while the database is away."""

from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from hub.store.outage import AWAY, is_outage, outage
from hub.web.problems import answer_to
from tests.web.house import House


async def test_a_database_that_does_not_answer_is_a_503_that_says_when_to_come_back(house: House) -> None:
    """A read that finds no server raises the driver's error through a route: the answer is 503 with `Retry-After`."""
    nobody = "mongodb://127.0.0.1:9/?directConnection=true"
    async with AsyncMongoClient[dict[str, Any]](nobody, serverSelectionTimeoutMS=50, tz_aware=True) as client:
        assert await outage(client["nowhere"]) == AWAY
        with pytest.raises(PyMongoError) as raised:
            await client["nowhere"]["operators"].find_one({})
        assert is_outage(raised.value)
    answer = answer_to(object(), raised.value)  # type: ignore[arg-type]
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"


async def test_a_living_database_has_no_outage(house: House) -> None:
    assert await outage(house.pipeline.connection.database) is None
    assert not is_outage(KeyError("x"))
