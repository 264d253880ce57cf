"""Signatures: one's own, and the project's."""

import pytest

from hub.model.operator import Role
from tests.web.house import FOREIGN, House


async def test_everybody_has_a_signature_of_their_own(house: House) -> None:
    """It is theirs in every project, and an empty one takes it back."""
    client = await house.as_role(Role.OPERATOR)
    _, me = await client.ask("PATCH", "/me", {"signature": " {operator}\nSales "})
    assert me["operator"]["signature"] == "{operator}\nSales"
    assert (await client.ask("GET", "/me"))[1]["operator"]["signature"] == "{operator}\nSales"
    assert (await client.ask("PATCH", "/me", {"locale": "ru"}))[1]["operator"]["signature"] == "{operator}\nSales"
    assert (await client.ask("PATCH", "/me", {"signature": ""}))[1]["operator"]["signature"] == ""


async def test_those_who_manage_a_project_set_its_signature(house: House) -> None:
    """Everybody who works there sees it, and no other project does."""
    admin, operator = await house.as_role(), await house.as_role(Role.OPERATOR)
    assert (await operator.ask("PATCH", "/project", {"signature": "x"}))[0] == 403
    await admin.ask("PATCH", "/project", {"signature": ""})  # others have written to this project
    status, project = await admin.ask("PATCH", "/project", {"signature": "{project}"})
    assert (status, project["signature"]) == (200, "{project}")
    assert (await operator.ask("GET", "/me"))[1]["project"]["signature"] == "{project}"
    noted = (await admin.ask("GET", "/audit", params={"action": "project_changed"}))[1]["items"][0]
    assert noted["changes"] == [{"name": "signature", "before": None, "after": "{project}"}]
    stranger = await house.as_role(project=FOREIGN)
    assert (await stranger.ask("GET", "/me"))[1]["project"]["signature"] == ""
    await admin.ask("PATCH", "/project", {"signature": ""})


@pytest.mark.parametrize("path", ["/me", "/project"])
async def test_a_variable_that_there_is_not_is_refused_with_those_that_there_are(house: House, path: str) -> None:
    """Else a customer would read it."""
    status, problem = await (await house.as_role()).ask("PATCH", path, {"signature": "{surname}"})
    assert status == 422
    assert "{surname} stands for nothing; there are {operator}" in str(problem)
    assert (await (await house.as_role()).ask("PATCH", path, {"signature": "x" * 2_001}))[0] == 422
