"""Names of the project in flows, over HTTP: to choose from, and warned of where they are unknown."""

from hub.model.operator import Role
from tests.web.house import House
from tests.web.test_flows import sources

TEXT = """\
flow: named
ask:
- a: text
  text: What?
- do: {stage: welcomed}
outcomes:
- done: else
  do: {escalate: %s, webhook: %s}
"""


async def test_a_draft_is_warned_of_names_that_the_project_does_not_have(house: House) -> None:
    """And is published all the same; once the webhook is made, the warning is gone."""
    client = await house.as_role(Role.ADMIN)

    async def codes(team: str, webhook: str) -> list[str]:
        body = {"flow": "named", "sources": sources(TEXT % (team, webhook), "named")}
        status, found = await client.ask("POST", "/flows/check", body)
        assert status == 200
        assert found["langs"] == ["en"]
        return [problem["code"] for problem in found["problems"]]

    assert await codes("nobody", "ledger") == ["unknown_team", "unknown_webhook"]
    assert await codes("demo-team", "ledger") == ["unknown_webhook"]
    draft = {"flow": "named", "sources": sources(TEXT % ("demo-team", "ledger"), "named")}
    assert (await client.ask("POST", "/flows", draft))[0] == 201
    _, ahead = await client.ask("GET", "/flows/named/publication")
    assert [problem["severity"] for problem in ahead["problems"]] == ["warning"]
    _, listed = await client.ask("GET", "/flows")
    (row,) = [one for one in listed["items"] if one["flow"] == "named"]
    assert (row["errors"], row["warnings"]) == (0, 1)
    assert (await client.ask("POST", "/flows/named/publish", {"revision": 1}))[0] == 200


async def test_the_names_are_given_to_who_writes_flows(house: House) -> None:
    """Teams as flows write them, and the stages that drafts name."""
    author = await house.as_role(Role.SCRIPT_AUTHOR)
    status, names = await author.ask("GET", "/flow-names")
    assert status == 200
    assert "demo-team" in names["teams"]
    assert "welcomed" in names["stages"]
    assert "ledger" not in names["webhooks"]
    assert (await (await house.as_role(Role.OPERATOR)).ask("GET", "/flow-names"))[0] == 403
