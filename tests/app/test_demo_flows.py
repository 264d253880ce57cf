"""The demo's flows: published from the files, and begun by its channels."""

from datetime import datetime, timedelta
from pathlib import Path

from hub.app.people import People
from hub.demo.seed import seed
from hub.model.task import Task
from hub.services.flow_library import FlowLibrary
from hub.settings import Settings
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.documents import from_document
from hub.store.flow_drafts import FlowDrafts
from hub.store.flow_sessions import FlowSessions
from hub.store.flow_versions import FlowVersions
from hub.store.indexes import create_indexes
from hub.store.projects import Projects


async def test_demo_publishes_its_flows_and_begins_them(connection: Connection, tmp_path: Path) -> None:
    """Every flow in the folder is published, unedited, and each channel has the rules."""
    await create_indexes(connection.database)
    settings = Settings(
        data_dir=tmp_path, free_space_bytes=0, free_space_share=0, argon2_memory_kib=64, argon2_passes=1
    )
    clock = DatabaseClock(connection.database)
    await clock.sync()
    assert await seed(connection, settings, People(connection, settings, clock).accounts)
    (project,) = await Projects(connection.database).all()
    database = connection.database
    library = FlowLibrary(FlowDrafts(database), FlowVersions(database), FlowSessions(database), clock)
    flows = {flow.flow: (flow.version, flow.state) for flow in await library.flows(project.id)}
    assert flows == dict.fromkeys(("b2b", "callback", "lead10", "nps"), ("1", "published"))
    for channel in await Channels(database).of_project(project.id):
        assert {rule.flow for rule in channel.flows} == set(flows)
    await _has_calls_to_make(connection, clock.now())


async def _has_calls_to_make(connection: Connection, now: datetime) -> None:
    """One is due soon, one in days: what the page of calls shows before anybody has asked for one."""
    rows = await connection.database["tasks"].find({"status": "open"}).sort("due_at", 1).to_list()
    due = [from_document(Task, row).due_at - now for row in rows]
    assert timedelta() < due[0] < timedelta(hours=1) < due[-1]
