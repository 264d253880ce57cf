"""People with several projects: where they begin, how they go from one to another, and what never crosses over."""

from hub.model.ids import new_id
from hub.model.operator import Membership, Operator, Role, Scope
from hub.model.sign_in import TokenScope
from hub.services.made_once import Making
from tests.web.house import FOREIGN, MINE, Client, House


async def in_both(house: House) -> tuple[Operator, Client]:
    """Administers the one project and answers what is theirs in the other; begins in the first."""
    places = (
        Membership(project=MINE, role=Role.ADMIN),
        Membership(project=FOREIGN, role=Role.OPERATOR, scope=Scope.OWN),
    )
    operator = await house.operator_with(*places)
    return operator, await house.signed_in(operator)


async def test_me_lists_the_projects_that_one_may_enter(house: House) -> None:
    _, client = await in_both(house)
    _, me = await client.ask("GET", "/me")
    assert me["project"]["id"] == MINE
    assert {one["id"] for one in me["projects"]} == {MINE, FOREIGN}
    _, alone = await (await house.as_role(Role.OPERATOR)).ask("GET", "/me")
    assert [one["id"] for one in alone["projects"]] == [MINE]


async def test_after_the_switch_everything_is_asked_in_the_other_project(house: House) -> None:
    """Role, scope, rights, lists, counters, contacts and colleagues are those of the project that was entered."""
    _, client = await in_both(house)
    left, entered = await house.conversation(MINE), await house.conversation(FOREIGN)
    _, detail = await client.ask("GET", f"/conversations/{left}")
    status, me = await client.ask("PUT", "/me/project", {"project": FOREIGN})
    assert status == 200
    assert (me["project"]["id"], me["role"], me["scope"]) == (FOREIGN, "operator", "own")
    assert me["rights"] == ["read", "reply"]
    assert (await client.ask("GET", f"/conversations/{entered}"))[0] == 200
    for path in (f"/conversations/{left}", f"/conversations/{left}/messages", f"/contacts/{detail['contact']}"):
        assert (await client.ask("GET", path))[0] == 404, path
    reply = {"key": new_id(), "text": "Across", "direction": "out"}
    assert (await client.ask("POST", f"/conversations/{left}/messages", reply))[0] == 404
    _, page = await client.ask("GET", "/conversations?view=all&limit=100")
    assert entered in {one["id"] for one in page["items"]}
    assert left not in {one["id"] for one in page["items"]}
    assert (await client.ask("GET", "/webhooks"))[0] == 403
    assert (await client.ask("PUT", "/me/project", {"project": MINE}))[0] == 200
    assert (await client.ask("GET", f"/conversations/{left}"))[0] == 200
    assert (await client.ask("GET", f"/conversations/{entered}"))[0] == 404


async def test_the_scope_of_the_project_that_was_entered_holds(house: House) -> None:
    """Who sees everything in one project and their own in another sees their own there."""
    _, client = await in_both(house)
    taken = await house.conversation(FOREIGN)
    holder = await house.as_role(Role.OPERATOR, project=FOREIGN)
    assert (await holder.ask("POST", f"/conversations/{taken}/take", {"key": new_id()}))[0] == 200
    assert (await client.ask("PUT", "/me/project", {"project": FOREIGN}))[0] == 200
    assert (await client.ask("GET", f"/conversations/{taken}"))[0] == 404


async def test_a_project_without_a_place_looks_like_one_that_does_not_exist(house: House) -> None:
    client = await house.as_role(Role.ADMIN)
    foreign = await client.ask("PUT", "/me/project", {"project": FOREIGN})
    missing = await client.ask("PUT", "/me/project", {"project": new_id()})
    assert foreign == missing
    assert foreign[0] == 404
    _, me = await client.ask("GET", "/me")
    assert me["project"]["id"] == MINE


async def test_a_page_of_the_project_that_was_left_is_refused(house: House) -> None:
    """Another window that still shows the first project reads and writes nothing in the second."""
    _, client = await in_both(house)
    shows = {"X-Hub-Project": MINE}
    conversation = await house.conversation(FOREIGN)
    assert (await client.ask("GET", "/conversations", headers=shows))[0] == 200
    assert (await client.ask("PUT", "/me/project", {"project": FOREIGN}))[0] == 200
    draft = {"text": "For somebody else"}
    for answer in (
        await client.ask("GET", "/conversations", headers=shows),
        await client.ask("PUT", f"/conversations/{conversation}/draft", draft, headers=shows),
        await client.ask("POST", "/socket-ticket", {}, headers=shows),
    ):
        assert (answer[0], answer[1]["code"]) == (409, "other_project")
    assert (await client.ask("GET", "/conversations", headers={"X-Hub-Project": FOREIGN}))[0] == 200


async def test_a_page_of_somebody_who_has_left_is_refused(house: House) -> None:
    """Another window that still shows the desk of whoever signed in before reads and writes nothing as the next."""
    before, after = await house.operator(Role.ADMIN), await house.operator(Role.ADMIN)
    client, conversation = await house.signed_in(after), await house.conversation()
    shows = {"X-Hub-Project": MINE, "X-Hub-Operator": before.id}
    draft = {"text": "Not my words"}
    for answer in (
        await client.ask("GET", "/conversations", headers=shows),
        await client.ask("PUT", f"/conversations/{conversation}/draft", draft, headers=shows),
        await client.ask("POST", "/socket-ticket", {}, headers=shows),
    ):
        assert (answer[0], answer[1]["code"]) == (409, "other_operator")
    assert (await client.ask("GET", "/conversations", headers={"X-Hub-Operator": after.id}))[0] == 200


async def test_the_next_sign_in_begins_where_one_was_last(house: House) -> None:
    """Also in another browser; after the place is gone it begins in the first project again."""
    operator, client = await in_both(house)
    assert (await client.ask("PUT", "/me/project", {"project": FOREIGN}))[0] == 200
    _, me = await (await house.signed_in(operator)).ask("GET", "/me")
    assert me["project"]["id"] == FOREIGN
    await house.parts.accounts.set_memberships(operator.id, [Membership(project=MINE, role=Role.ADMIN)])
    _, me = await (await house.signed_in(operator)).ask("GET", "/me")
    assert me["project"]["id"] == MINE


async def test_other_browsers_stay_where_they_are(house: House) -> None:
    operator, client = await in_both(house)
    other = await house.signed_in(operator)
    assert (await client.ask("PUT", "/me/project", {"project": FOREIGN}))[0] == 200
    assert (await other.ask("GET", "/me"))[1]["project"]["id"] == MINE


async def test_a_token_stays_in_its_project(house: House) -> None:
    """It was made for one project: it enters no other, and names no other."""
    operator, client = await in_both(house)
    identity = await house.parts.accounts.viewer_of_session(
        next(cookie.value for cookie in client.session.cookie_jar if cookie.key == "hub_session")
    )
    assert identity is not None
    _, text = await house.parts.accounts.create_token(
        identity, "Script", (TokenScope.READ,), None, Making(new_id(), "s")
    )
    program = await house.browser()
    program.headers["Authorization"] = f"Bearer {text}"
    _, me = await program.ask("GET", "/me")
    assert [one["id"] for one in me["projects"]] == [MINE]
    assert (await program.ask("PUT", "/me/project", {"project": FOREIGN}))[0] == 403
    assert operator.id == me["operator"]["id"]


async def test_who_manages_a_project_changes_its_name_language_and_time_zone(house: House) -> None:
    """Each by itself; the change is noted, and a slip is said in words."""
    admin = await house.as_role(Role.ADMIN, project=FOREIGN)
    _, before = await admin.ask("GET", "/me")
    status, changed = await admin.ask("PATCH", "/project", {"name": " Sample  Ltd ", "time_zone": "Asia/Almaty"})
    assert status == 200, changed
    assert (changed["name"], changed["time_zone"]) == ("Sample Ltd", "Asia/Almaty")
    assert changed["locale"] == before["project"]["locale"]
    _, page = await admin.ask("GET", "/audit?action=project_changed")
    assert {one["name"]: one["after"] for one in page["items"][0]["changes"]}["time_zone"] == "Asia/Almaty"
    wrong = (({"time_zone": "Almaty"}, "write one like"), ({"locale": "de"}, "'en' or 'ru'"), ({"name": " "}, "name"))
    for body, said in wrong:
        status, refused = await admin.ask("PATCH", "/project", body)
        assert (status, said in str(refused)) == (422, True), refused
    back = {name: before["project"][name] for name in ("name", "time_zone")}
    assert (await admin.ask("PATCH", "/project", back))[0] == 200


async def test_who_manages_a_project_makes_teams_and_renames_them(house: House) -> None:
    """A team is there at once: people and conversations are put into it. Its name is the only one of its kind."""
    admin = await house.as_role(Role.ADMIN)
    name, other = f"Team {new_id()}", f"Team {new_id()}"
    status, team = await admin.ask("POST", "/teams", {"name": f"  {name} "})
    assert (status, team["name"]) == (201, name)
    person = await house.operator(Role.OPERATOR)
    assert (await admin.ask("PATCH", f"/people/{person.id}", {"teams": [team["id"]]}))[0] == 200
    status, refused = await admin.ask("POST", "/teams", {"name": name.upper()})
    assert (status, refused["code"]) == (409, "team_name_taken")
    assert (await admin.ask("PATCH", f"/teams/{team['id']}", {"name": other}))[1]["name"] == other
    assert (await admin.ask("PATCH", f"/teams/{team['id']}", {"name": other.upper()}))[0] == 200  # its own
    names = {one["name"] for one in (await admin.ask("GET", "/teams"))[1]["items"]}
    assert other.upper() in names
    assert name not in names
    stranger = await house.as_role(Role.ADMIN, project=FOREIGN)
    assert (await stranger.ask("PATCH", f"/teams/{team['id']}", {"name": "Theirs"}))[0] == 404
    assert (await (await house.as_role(Role.OPERATOR)).ask("POST", "/teams", {"name": "Mine"}))[0] == 403
    _, page = await admin.ask("GET", "/audit?action=team_made")
    assert team["id"] in {one["object"] for one in page["items"]}
