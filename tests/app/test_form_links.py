"""`hub forms link`: a link to a form from the terminal, on a real database."""

from hub.model.ids import ProjectId
from hub.store.connection import Connection
from tests.app.test_flow_store import Hub, hub, project, write

__all__ = ["hub", "project"]
TEA = "flow: tea\nlang: en\nstart: {form: tea}\nask:\n- cups: number\n  text: How many cups?\n"


async def test_link_is_made_in_the_terminal(hub: Hub, project: ProjectId, connection: Connection) -> None:
    """With answers and the campaign; what cannot be taken is said, and makes none."""
    write(TEA)
    assert (await hub("flows", "publish", "config/flows/tea.yml")).exit_code == 0
    made = await hub("forms", "link", "tea", "--answer", "cups=3", "--field", "utm_source=mail", "--once")
    assert made.exit_code == 0, made.output
    assert "/f/tea?for=" in made.output
    [row] = await connection.database["form_invites"].find().to_list()
    assert (row["prefill"], row["once"]) == ([{"question": "cups", "value": 3}], True)
    assert row["fields"][0]["value"] == "mail"
    for wrong in (["--answer", "cups=many"], ["--answer", "cups"], ["--contact", "nobody"], ["--answer", "pots=1"]):
        refused = await hub("forms", "link", "tea", *wrong)
        assert isinstance(refused.exception, SystemExit), refused.output
        assert refused.exit_code == 1
    assert (await hub("forms", "link", "coffee")).exit_code == 1
    assert await connection.database["form_invites"].count_documents({}) == 1
