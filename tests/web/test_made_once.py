"""Keys of requests that make something: the same key again makes nothing new, and gives the same answer."""

import asyncio
from typing import Any

import pytest

from hub.model.ids import new_id
from hub.model.operator import Role
from tests.web.house import MINE, House

CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "canned reply": ("/canned-replies", {"shortcut": "hi", "text": "Hello"}, {"text": "Good day"}, "canned_replies"),
    "channel": ("/channels", {"kind": "recorder", "name": "Made once"}, {"name": "Other"}, "channels"),
    "token": ("/me/tokens", {"name": "Script", "scopes": ["read"]}, {"scopes": ["read", "reply"]}, "access_tokens"),
    "team": ("/teams", {}, {}, "teams"),
}
"""Where, what, what else, and the collection."""


async def case(house: House, what: str) -> tuple[Any, str, dict[str, Any], dict[str, Any], Any]:
    path, body, change, collection = CASES[what]
    if what == "team":  # its name is the only one of its kind in the project
        body, change = {"name": f"Team {new_id()}"}, {"name": f"Team {new_id()}"}
    client = await house.as_role(Role.ADMIN)
    return client, path, {**body, "key": new_id()}, change, house.pipeline.connection.database[collection]


@pytest.mark.parametrize("what", CASES)
async def test_the_same_key_makes_one_thing(house: House, what: str) -> None:
    """One after the other, at the same time, and after a crash between the making and its note."""
    client, path, body, change, collection = await case(house, what)
    before = await collection.count_documents({})
    answers = await asyncio.gather(*(client.ask("POST", path, body) for _ in range(4)))
    await house.pipeline.connection.database["request_keys"].update_many({}, {"$unset": {"done": ""}})
    answers += [await client.ask("POST", path, body) for _ in range(2)]
    assert {status for status, _ in answers} == {201}, answers
    assert all(made == answers[0][1] for _, made in answers), answers
    assert await collection.count_documents({}) == before + 1
    status, problem = await client.ask("POST", path, {**body, **change})
    assert (status, problem["code"]) == (422, "key_reused")


@pytest.mark.parametrize("what", CASES)
async def test_without_a_key_or_with_anothers_each_request_makes_something(house: House, what: str) -> None:
    """A key is its owner's: whoever else has the same one makes a thing of their own."""
    client, path, body, change, collection = await case(house, what)
    other = await house.as_role(Role.ADMIN)
    before = await collection.count_documents({})
    _, first = await client.ask("POST", path, body)
    _, others = await other.ask("POST", path, {**body, **change})
    keyless = {**body, "name": f"Team {new_id()}"} if what == "team" else dict(body)
    del keyless["key"]
    _, third = await client.ask("POST", path, keyless)
    assert len({first["id"], others["id"], third["id"]}) == 3
    assert await collection.count_documents({}) == before + 3


async def test_what_was_deleted_is_not_made_again_by_a_late_repetition(house: House) -> None:
    client, path, body, _, _ = await case(house, "token")
    _, made = await client.ask("POST", path, body)
    program = await house.browser()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await program.ask("GET", "/me"))[1]["project"]["id"] == MINE
    assert (await client.ask("DELETE", f"/me/tokens/{made['id']}"))[0] == 204
    status, problem = await client.ask("POST", path, body)
    assert (status, problem["code"]) == (409, "deleted")
    await house.pipeline.connection.database["request_keys"].delete_many({})  # a day later
    status, anew = await client.ask("POST", path, body)
    assert status == 201
    assert (await program.ask("GET", "/me"))[0] == 401, "the deleted token does not work again"
    assert anew["token"] != made["token"]
