"""`hub users` on a real database."""

from hub.app.people import People
from hub.model.ids import ProjectId
from hub.settings import Settings
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from tests.app.test_flow_store import Hub, hub, project

__all__ = ["hub", "project"]
PHRASES = ("a long enough phrase", "an entirely new phrase")


async def test_a_password_is_set_in_the_terminal_and_ends_what_is_open(
    hub: Hub, project: ProjectId, connection: Connection
) -> None:
    """For those whom no letter may reach; the audit log says that it was done there, and no password."""
    added = ["users", "add", "person@example.test", "--name", "Sample", "--password", PHRASES[0]]
    assert (await hub(*added)).exit_code == 0
    database = connection.database
    await database["access_tokens"].insert_one({"_id": "1", "operator": (await operator(connection))["_id"]})
    done = await hub("users", "password", "Person@example.test", "--password", PHRASES[1])
    assert done.exit_code == 0, done.output
    clock = DatabaseClock(database)
    await clock.sync()
    passwords = People(connection, Settings(), clock)._passwords
    kept = (await operator(connection))["password_hash"]
    assert [await passwords.verify(one, kept) for one in PHRASES] == [False, True]
    assert await database["access_tokens"].count_documents({}) == 0
    [line] = await database["audit"].find({"action": "password_reset"}).to_list()
    assert (line["via"], line["projects"]) == ("command", [project])
    assert PHRASES[1] not in str(await database["audit"].find().to_list())
    for email, password in (("nobody@example.test", PHRASES[0]), ("person@example.test", "12345678")):
        refused = await hub("users", "password", email, "--password", password)
        assert refused.exit_code == 1, refused.output


async def operator(connection: Connection) -> dict[str, str]:
    """The only account."""
    [found] = await connection.database["operators"].find().to_list()
    return dict(found)
