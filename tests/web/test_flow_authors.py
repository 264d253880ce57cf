"""Who else has the draft of a flow open, as the editor asks for it."""

import itertools
from dataclasses import dataclass

import pytest_asyncio

from hub.model.operator import Role
from tests.web.house import Client, House
from tests.web.test_flows import TEXT, made

ONE, OTHER = "window-1", "window-2"
_numbers = itertools.count(1)


@dataclass
class Author:
    """Somebody at a draft."""

    client: Client
    name: str
    flow: str

    async def others(
        self, window: str = ONE, *, typing: bool = False, flow: str | None = None
    ) -> list[tuple[str, bool]]:
        """Who else has it open, and whether they type."""
        body = {"window": window, "typing": typing}
        status, found = await self.client.ask("POST", f"/flows/{flow or self.flow}/authors", body)
        assert status == 200, found
        return [(one["name"], one["typing"]) for one in found["items"]]


async def signed_in(house: House, role: Role, flow: str) -> Author:
    operator = await house.operator(role)
    return Author(await house.signed_in(operator), operator.name, flow)


async def new_flow(client: Client) -> str:
    flow = f"drafted_{next(_numbers)}"
    await made(client, TEXT.replace("flow: survey", f"flow: {flow}"), flow)
    return flow


@pytest_asyncio.fixture(loop_scope="session")
async def author(house: House) -> Author:
    found = await signed_in(house, Role.SCRIPT_AUTHOR, "")
    found.flow = await new_flow(found.client)
    return found


async def test_two_authors_of_a_draft_see_each_other_while_they_type(house: House, author: Author) -> None:
    """And nobody sees themselves, nor who is in another draft."""
    admin = await signed_in(house, Role.ADMIN, author.flow)
    assert await author.others() == []
    assert await admin.others(typing=True) == [(author.name, False)]
    assert await author.others() == [(admin.name, True)]
    assert await admin.others() == [(author.name, False)]
    assert await author.others() == [(admin.name, False)]
    assert await author.others(flow=await new_flow(author.client)) == []


async def test_a_second_window_of_ones_own_is_somebody_else(author: Author) -> None:
    """One person is named once, and as typing if any of their windows is."""
    assert await author.others() == []
    assert await author.others(OTHER, typing=True) == [(author.name, False)]
    assert await author.others("window-3") == [(author.name, True)]


async def test_who_closes_the_draft_is_gone_at_once(house: House, author: Author) -> None:
    admin = await signed_in(house, Role.ADMIN, author.flow)
    await author.others()
    assert await admin.others() == [(author.name, False)]
    status, _ = await author.client.ask("DELETE", f"/flows/{author.flow}/authors", {"window": ONE})
    assert status == 204
    assert await admin.others() == []


async def test_who_is_not_heard_of_any_more_is_over(house: House, author: Author) -> None:
    """A browser that ends without a word: what it said holds for some seconds only."""
    admin = await signed_in(house, Role.ADMIN, author.flow)
    await author.others()
    rows = house.pipeline.connection.database["presence"]
    await rows.update_many({"flow": author.flow}, [{"$set": {"until": {"$subtract": ["$until", 60_000]}}}])
    assert await admin.others() == []


async def test_only_who_may_write_flows_is_told(house: House, author: Author) -> None:
    operator = await house.as_role(Role.OPERATOR)
    assert (await operator.ask("POST", f"/flows/{author.flow}/authors", {"window": ONE}))[0] == 403
    assert (await author.client.ask("POST", "/flows/none/authors", {"window": ONE}))[0] == 404
