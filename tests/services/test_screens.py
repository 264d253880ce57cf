"""Screens that live on the feed's changes show what a freshly loaded page would show, whatever happens."""

import asyncio
import random

import pytest

from hub.model.ids import ConversationId, OperatorId, TeamId
from hub.model.operator import Role, Scope, Viewer
from hub.services.commands import (
    Assign,
    Command,
    HandBack,
    MarkSpam,
    Note,
    Reopen,
    Reply,
    Resolve,
    SetTags,
    Take,
)
from hub.services.errors import ServiceError
from hub.store.connection import Connection
from tests.services.desk import Desk, eventually, open_desk, viewer
from tests.services.live import Screen, open_feed

ANNA = viewer("a", role=Role.CURATOR)
OWN = viewer("o", Scope.OWN)
TEAM = Viewer(**{**viewer("t", Scope.TEAM).model_dump(), "teams": (TeamId("sales"),)})


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_state_and_changes_equal_a_fresh_reading(connection: Connection, seed: int) -> None:
    """Whatever happens, screens that live on changes and reconnect at random show what a fresh page would show."""
    dice = random.Random(seed)
    async with open_desk(connection) as desk, open_feed(connection) as one, open_feed(connection) as two:
        for name in ("x", "y", "z"):
            await desk.says("before", who=name)
        screens = [Screen(desk.pipeline, who) for who in (ANNA, OWN, TEAM)]
        async with asyncio.TaskGroup() as group:
            lives = [group.create_task(_come_and_go(screen, [one, two], dice)) for screen in screens]
            for number in range(150):
                await _anything(desk, dice, number)
            for screen in screens:
                await eventually(lambda screen=screen: _is_fresh(screen))  # type: ignore[misc]
            for life in lives:
                life.cancel()
        assert [screen.reloads for screen in screens] == [0, 0, 0]


async def _come_and_go(screen: Screen, feeds: list[object], dice: random.Random) -> None:
    """Follow one process for a moment, lose the connection, come back to another."""
    while True:
        try:
            async with asyncio.timeout(dice.uniform(0.01, 0.4)):
                await screen.live(dice.choice(feeds))  # type: ignore[arg-type]
        except TimeoutError:
            continue


async def _anything(desk: Desk, dice: random.Random, number: int) -> None:
    """Something that happens in a contact centre."""
    who = dice.choice("xyzuvw")
    if dice.random() < 0.5:
        await desk.says(f"text {number}", who=who)
        return
    rows = await desk.pipeline.connection.database["conversations"].find({}, {"_id": 1}).to_list()
    if not rows:  # the first ones are not listed yet
        return
    conversation = ConversationId(dice.choice(rows)["_id"])
    commands: list[Command] = [
        Reply(text=f"reply {number}", seen_position=0, confirm=True), Note(text="note"), Take(), HandBack(to="queue"),
        Assign(operator=OperatorId("o")), Assign(operator=OperatorId("b")), Assign(team=TeamId("sales")),
        Assign(team=TeamId("other")), Resolve(), Reopen(), MarkSpam(), SetTags(tags=(f"tag{number}",)),
    ]  # fmt: skip
    try:
        await desk.pipeline.turns.act(ANNA, conversation, dice.choice(commands), f"k{number}")
    except ServiceError:  # refused; that is for other tests
        return


async def _is_fresh(screen: Screen) -> bool:
    fresh = Screen(screen.pipeline, screen.viewer)
    await fresh.read_everything()
    sees_some = bool(fresh.conversations) or screen.viewer.scope is not Scope.ALL  # the dice may leave others nothing
    return sees_some and fresh.held() == screen.held()
