"""Who may call what: every route has a rule, and the rule holds for each role, here and in a foreign project."""

import re
from typing import Any

import aiohttp
import pytest

from hub.model.ids import new_id
from hub.model.operator import RIGHTS, Right, Role, Scope
from hub.web.route import Access, Route
from hub.web.routes import PAGES, ROUTES
from tests.web.house import FOREIGN, MINE, Client, House, ids_of, invitation

API = [route for route in ROUTES if route.is_api]
SOURCES = [{"name": "draft.yml", "text": "flow: draft"}]
NOON = "2026-01-05T12:00:00Z"
ENDS_THE_SESSION = "session_sign_out"


async def test_every_route_of_the_router_has_a_rule(house: House) -> None:
    """A route that is in no table fails here: deny by default."""
    known = {(route.method, route.path) for route in ROUTES}
    pages = {re.sub(r"{(\w+):[^}]*}", r"{\1}", path) for path in PAGES}
    for route in house.application.router.routes():
        assert route.resource is not None
        path = route.resource.canonical
        assert (route.method, path) in known or path in pages, f"{route.method} {path} is in no table"
        if (route.method, path) in known:
            assert isinstance(route.handler.route.access, Access | Right)  # type: ignore[attr-defined]


def test_public_routes_are_these_and_no_others() -> None:
    public = {(route.method, route.path) for route in ROUTES if route.access in (Access.PUBLIC, Access.OWN)}
    assert public == {
        ("POST", "/api/v1/session"),
        ("POST", "/api/v1/account-links/look"),
        ("POST", "/api/v1/account-links/follow"),
        ("POST", "/api/v1/forgotten-password"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/docs"),
        ("GET", "/api/docs/start.js"),
    }


def test_whatever_changes_something_asks_for_more_than_reading() -> None:
    reading = {"conversations_read_up_to"}  # one's own mark
    for route in API:
        if route.method != "GET" and route.access is Right.READ:
            assert route.name in reading, route


def minimal(route: Route) -> Any:
    """A body that fits, for routes that take one."""
    if route.body is None:
        return None
    bodies: dict[str, Any] = {
        "session_change_me": {"locale": "en"},
        "session_enter_project": {"project": MINE},
        "session_change_password": {"current": "wrong phrase", "new": "another phrase"},
        "session_enable_totp": {"code": "000000"},
        "session_disable_totp": {"password": "wrong phrase"},
        "session_create_token": {"name": "Script", "scopes": ["read"]},
        "session_make_ticket": {},
        "operator_links_make_code": {},
        "account_links_look_at_link": {"token": "no such link"},
        "account_links_follow_link": {"token": "no such link", "name": "Ann", "password": "a good phrase"},
        "account_links_forgot_password": {"email": "nobody@example.test"},
        "contact_data_erase_contact": {"confirm": "erase"},
        "people_change_person": {"scope": "team"},
        "people_reset_password": {},
        "people_invite": invitation(),
        "project_change_project": {"signature": "{operator}"},
        "teams_create_team": {"name": f"Team {new_id()}"},
        "teams_rename_team": {"name": f"Team {new_id()}"},
        "messages_edit_message": {"text": "Other words"},
        "messages_write_message": {"key": new_id(), "text": "A note", "direction": "note"},
        "conversations_read_up_to": {"position": 1},
        "conversations_keep_draft": {"text": "Hm"},
        "actions_set_tags": {"key": new_id(), "tags": ["a"]},
        "actions_set_priority": {"key": new_id(), "priority": "low"},
        "actions_assign": {"key": new_id(), "operator": None, "team": None},
        "flow_authors_note_author": {"window": "window-1"},
        "flow_authors_forget_author": {"window": "window-1"},
        "flow_sessions_start_flow": {"key": new_id(), "flow": "lead"},
        "flow_sessions_fill_answers": {"key": new_id(), "values": {"name": "Ann"}},
        "tasks_add_task": {"key": new_id(), "phone": "+12025550172"},
        "tasks_assign_task": {"key": new_id(), "operator": None, "team": None},
        "tasks_finish_task": {"key": new_id(), "disposition": "reached"},
        "tasks_move_task": {"key": new_id(), "disposition": "busy", "due_at": "2027-01-01T00:00:00Z"},
        "contacts_change_contact": {"name": "Sample Customer"},
        "contacts_make_link": {},
        "form_links_make_form_link": {"flow": "missing"},
        "merges_merge_contacts": {"other": new_id(), "revisions": [1, 1]},
        "channels_test_connection": {"kind": "recorder", "settings": {"token": "right"}},
        "canned_replies_create_canned_reply": {"shortcut": "bye", "text": "Good bye"},
        "canned_replies_change_canned_reply": {"text": "Hello again"},
        "webhooks_create_webhook": {"name": f"hook_{new_id()}", "url": "https://example.org/hook"},
        "webhooks_change_webhook": {"enabled": True},
        "channel_messages_take_message": {"id": "1", "contact": {"id": "7"}, "text": "Hello"},
        "channel_messages_take_receipt": {"message": "1", "status": "read"},
        "trials_try_settings": {"settings": {}, "raw": "name=Ann"},
        "channel_sign_ins_finish": {"state": "unknown", "code": "1"},
        "channels_create_channel": {"kind": "webchat", "name": "Shop"},
        "channels_change_channel": {"revision": 999},
        "channels_set_flows": {"revision": 999, "flows": []},
        "flow_preview_preview_flow": {"flow": "draft", "sources": SOURCES, "started_at": NOON, "events": []},
        "flows_create_flow": {"flow": "ours", "sources": SOURCES},
        "flows_save_flow": {"revision": 999, "sources": SOURCES},
        "flows_delete_flow": {"revision": 999},
        "flows_archive_flow": {"revision": 999, "archived": True},
        "flows_check_flow": {"flow": "draft", "sources": SOURCES},
        "flows_publish_flow": {"revision": 999},
    }
    return bodies.get(route.name, {"key": new_id()})


async def call(client: Client, route: Route, ids: dict[str, str]) -> tuple[int, Any]:
    path = re.sub(r"{(\w+)}", lambda found: ids[found[1]], route.path)
    if route.name == "attachments_upload":
        return await client.ask(
            "POST", f"{path}?name=a.txt", data=b"text", headers={"Content-Type": "application/octet-stream"}
        )
    body = minimal(route)
    return await client.ask(route.method, path, body if body is not None else None)


def allowed(route: Route, role: Role) -> bool:
    return not isinstance(route.access, Right) or route.access in RIGHTS[role]


@pytest.mark.parametrize("role", list(Role))
async def test_every_route_lets_in_the_roles_it_names_and_no_others(house: House, role: Role) -> None:
    """Route by role, in one's own project: allowed is never 401 or 403, anything else is 403 before all else."""
    ids = await ids_of(house, MINE)
    client = await house.as_role(role)
    for route in API:
        if route.name in (ENDS_THE_SESSION, "session_sign_in"):
            continue
        status, answer = await call(client, route, ids)
        if allowed(route, role):
            shared = route.name.startswith("canned_replies_") and Right.ASSIGN_OTHERS not in RIGHTS[role]
            others = route.name == "actions_assign" and Right.ASSIGN_OTHERS not in RIGHTS[role]
            assert status not in (401, 500), (route.name, answer)
            assert status != 403 or shared or others, (route.name, answer)
        else:
            assert status == 403, (route.name, answer)


async def test_nobody_gets_in_without_signing_in(house: House) -> None:
    ids = await ids_of(house, MINE)
    client = await house.browser()
    for route in API:
        if route.access is Access.PUBLIC:
            continue
        status, answer = await call(client, route, ids)
        assert (status, answer["code"]) == (401, "not_signed_in"), route.name


@pytest.mark.parametrize("role", list(Role))
async def test_what_is_foreign_looks_like_what_is_missing(house: House, role: Role) -> None:
    """Route by role with the ids of another project: the same answer, byte for byte, as with ids that do not exist."""
    foreign = await ids_of(house, FOREIGN)
    missing = {name: new_id() for name in foreign} | {"flow": "missing", "version": "7"}
    client = await house.as_role(role)
    before = await snapshot(house)
    for route in API:
        if "{" not in route.path or not allowed(route, role):
            continue
        theirs, nothing = await call(client, route, foreign), await call(client, route, missing)
        assert theirs == nothing, route.name
        assert theirs[0] == 404, (route.name, theirs)
    assert await snapshot(house) == before


async def snapshot(house: House) -> list[Any]:
    """What the foreign project holds."""
    database = house.pipeline.connection.database
    names = ("messages", "turns", "conversations", "contacts", "channels", "canned_replies", "attachments", "drafts")
    found = [database[name].find({"project": FOREIGN}, {"applied": 0, "undecided": 0}) for name in names]
    return [await cursor.sort("_id", 1).to_list() for cursor in found]


async def test_scope_hides_the_conversations_of_others(house: House) -> None:
    """With the scope `own`, a conversation that somebody else holds does not exist; its contact and files neither."""
    ids = await ids_of(house, MINE)
    holder = await house.as_role(Role.OPERATOR)
    assert (await holder.ask("POST", f"/conversations/{ids['conversation']}/take", {"key": "1"}))[0] == 200
    other = await house.as_role(Role.OPERATOR, Scope.OWN)
    for path in (f"/conversations/{ids['conversation']}", f"/conversations/{ids['conversation']}/messages",
                 f"/contacts/{ids['contact']}", f"/attachments/{ids['attachment']}"):  # fmt: skip
        assert (await other.ask("GET", path))[0] == 404, path
        assert (await holder.ask("GET", path))[0] == 200, path
    _, page = await other.ask("GET", "/conversations?view=all&limit=100")
    assert ids["conversation"] not in [one["id"] for one in page["items"]]


async def test_an_id_that_cannot_exist_is_missing(house: House) -> None:
    client = await house.as_role()
    for odd in ("x", "0" * 31, "..%2f..", "%00", "0" * 5000):
        assert (await client.ask("GET", f"/conversations/{odd}"))[0] in (400, 404), odd


async def test_a_token_is_told_which_scope_it_lacks(house: House) -> None:
    """It is not the role that is in the way; where that is, no other token would help."""
    for role, said in ((Role.ADMIN, "make one with the scope manage"), (Role.OPERATOR, "Your role does not allow")):
        client = await house.as_role(role)
        _, made = await client.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read"]})
        bearer = {"Authorization": f"Bearer {made['token']}"}
        async with aiohttp.ClientSession(house.server.make_url("/"), headers=bearer) as program:
            async with program.post("/api/v1/teams", json={"name": "New"}) as answer:
                assert answer.status == 403
                assert said in (await answer.json())["detail"]
