"""Tasks by HTTP: made, listed, counted, given away, moved and done, for those who may see them."""

from datetime import timedelta

from hub.model.operator import Role, Scope
from tests.web.house import FOREIGN, House

PHONE = "8 912 345-67-89"


async def test_a_call_is_promised_moved_and_done(house: House) -> None:
    """Each answer is the task as it is then; lists hold the first due first, and done ones beside."""
    client = await house.as_role()
    conversation = await house.conversation()
    path = f"/conversations/{conversation}/tasks"
    status, refused = await client.ask("POST", path, {"key": "a", "phone": "hello"})
    assert (status, refused["code"]) == (422, "phone_invalid")
    status, task = await client.ask("POST", path, {"key": "b", "phone": "+1 202 555 0172", "reason": "Offer"})
    assert status == 201, task
    assert (task["phone"], task["reason"], task["status"]) == ("+12025550172", "Offer", "open")
    later = (house.pipeline.clock.now() + timedelta(hours=3)).isoformat()
    move = {"key": "c", "disposition": "busy", "due_at": later}
    status, moved = await client.ask("POST", f"/tasks/{task['id']}/move", move)
    assert status == 200, moved
    assert (moved["attempts"][0]["disposition"], moved["due_at"] > task["due_at"]) == ("busy", True)
    _, listed = await client.ask("GET", "/tasks?whose=team")
    assert [one["id"] for one in listed["items"] if one["conversation"] == conversation] == [task["id"]]
    _, here = await client.ask("GET", path)
    assert [one["id"] for one in here["items"]] == [task["id"]]
    status, done = await client.ask("POST", f"/tasks/{task['id']}/finish", {"key": "d", "disposition": "reached"})
    assert (status, done["status"]) == (200, "done")
    _, listed = await client.ask("GET", "/tasks?whose=all&status=done")
    assert listed["items"][0]["id"] == task["id"]
    _, activities = await client.ask("GET", f"/conversations/{conversation}/messages")
    shown = [one["task"] for one in activities["activities"] if one["task"]]
    assert [mark["did"] for mark in shown] == ["created", "moved", "done"]


async def test_pages_of_tasks_follow_one_another(house: House) -> None:
    """By the cursor, without one twice or left out; a cursor of somebody else is refused."""
    client = await house.as_role()
    for number in range(3):
        conversation = await house.conversation()
        body = {"key": f"page{number}", "phone": f"+1 202 555 010{number}", "within_s": 60}
        assert (await client.ask("POST", f"/conversations/{conversation}/tasks", body))[0] == 201
    found, cursor = [], ""
    while True:
        _, page = await client.ask("GET", f"/tasks?limit=1{cursor}")
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(found) == len(set(found)) >= 3
    assert (await client.ask("GET", "/tasks?cursor=nonsense"))[0] == 422
    _, counters = await client.ask("GET", "/tasks/counters")
    assert (counters["all"], counters["mine"]) == (len(found), 0)


async def test_a_task_of_another_team_or_project_does_not_exist(house: House) -> None:
    """For who sees neither it nor its conversation; taking it is refused the same way."""
    admin = await house.as_role()
    conversation = await house.conversation()
    [team, *_] = (await admin.ask("GET", "/teams"))[1]["items"]
    assert (await admin.ask("POST", f"/conversations/{conversation}/assign", {"key": "t", "team": team["id"]}))[
        0
    ] == 200
    _, task = await admin.ask("POST", f"/conversations/{conversation}/tasks", {"key": "x", "phone": "+1 202 555 0190"})
    assert task["team"] == team["id"]
    stranger = await house.as_role(Role.OPERATOR, Scope.TEAM)
    foreigner = await house.as_role(Role.ADMIN, project=FOREIGN)
    member = await house.signed_in(await house.operator(Role.OPERATOR, Scope.TEAM, teams=[team["id"]]))
    for client, status in ((stranger, 404), (foreigner, 404), (member, 200)):
        assert (await client.ask("GET", f"/tasks/{task['id']}"))[0] == status
        _, page = await client.ask("GET", "/tasks")
        assert (task["id"] in [one["id"] for one in page["items"]]) == (status == 200)
