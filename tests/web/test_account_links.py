"""Invitations, forgotten passwords, and the places of people in a project."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from hub.model.ids import ProjectId, new_id
from hub.model.operator import Membership, Role, Scope
from hub.model.project import Project
from hub.services.accounts import viewer_of
from hub.services.errors import Conflict, Invalid, TooMany
from tests.web.house import FOREIGN, MINE, PASSWORD, Client, House, invitation

FRESH = "an entirely new phrase"


def token_of(text: str) -> str:
    """The secret in a link, or in a letter that brings one."""
    found = re.search(r"/welcome#([\w-]+)", text)
    assert found is not None, text
    return found[1]


async def invited(house: House, **values: Any) -> tuple[Client, dict[str, Any]]:
    """An admin's browser, and an invitation from there."""
    admin = await house.as_role()
    status, made = await admin.ask("POST", "/invitations", invitation(**values))
    assert status == 201, made
    return admin, made


async def follow(house: House, token: str, password: str = FRESH, name: str = "New Colleague") -> tuple[int, Any]:
    body = {"token": token, "name": name, "password": password, "locale": "ru"}
    return await (await house.browser()).ask("POST", "/account-links/follow", body)


async def sign_in(house: House, email: str, password: str) -> tuple[Client, int, Any]:
    client = await house.browser()
    return client, *(await client.ask("POST", "/session", {"email": email, "password": password}))


async def test_whoever_is_invited_chooses_name_and_password_and_has_the_place(house: House) -> None:
    """The link works once; the account has the role and the scope of the invitation."""
    _, made = await invited(house, role="curator", scope="team")
    token = token_of(made["url"])
    guest = await house.browser()
    status, shown = await guest.ask("POST", "/account-links/look", {"token": token})
    assert status == 200
    assert (shown["kind"], shown["email"], shown["role"], shown["name"]) == (
        "invitation", made["email"], "curator", None,
    )  # fmt: skip
    assert await follow(house, token) == (200, {"email": made["email"]})
    _, status, me = await sign_in(house, made["email"], FRESH)
    assert status == 200
    assert (me["operator"]["name"], me["operator"]["locale"], me["role"], me["scope"]) == (
        "New Colleague", "ru", "curator", "team",
    )  # fmt: skip
    status, answer = await follow(house, token)
    assert (status, answer["code"]) == (422, "link_gone")


@pytest.mark.parametrize("kind", ["invitation", "reset"])
async def test_a_link_outlives_a_refusal_because_too_many_come_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Whoever tries again a moment later is let in, once."""
    if kind == "invitation":
        _, made = await invited(house)
        email = made["email"]
    else:
        person, admin = await house.operator(), await house.as_role()
        _, made = await admin.ask("POST", f"/people/{person.id}/password", {})
        email = person.email
    token = token_of(made["url"])
    with monkeypatch.context() as full:
        full.setattr("hub.services.passwords.WAITING_AT_MOST", 0)
        assert (await follow(house, token))[0] == 429
    assert (await follow(house, token))[0] == 200
    assert (await sign_in(house, email, FRESH))[1] == 200
    assert (await follow(house, token))[1]["code"] == "link_gone"


async def test_the_link_is_written_to_the_address_and_told_to_the_admin_once(house: House) -> None:
    admin, made = await invited(house)
    assert made["mailed"] is True
    [(subject, text)] = [(subject, text) for to, subject, text in house.postman.letters if to == made["email"]]
    assert "Demo project" in subject
    assert made["url"] in text
    _, page = await admin.ask("GET", "/invitations")
    mine = next(one for one in page["items"] if one["id"] == made["id"])
    assert "url" not in mine
    kept = await house.pipeline.connection.database["account_links"].find_one({"_id": made["id"]})
    assert token_of(made["url"]) not in str(kept)


async def test_while_no_mail_server_takes_it_the_letter_is_tried_and_the_link_is_there_to_copy(house: House) -> None:
    house.postman.away = True
    try:
        _, made = await invited(house)
        assert (made["mailed"], made["trying"]) == (False, True)
        kept = await house.pipeline.connection.database["account_links"].find_one({"_id": made["id"]})
        assert kept is not None
        assert kept["letter"]["tries"] >= 1
        assert token_of(made["url"]) not in str(kept)
    finally:
        house.postman.away = False
    assert made["url"] in await letter_to(house, made["email"])
    assert (await follow(house, token_of(made["url"])))[0] == 200


async def test_a_letter_whose_link_counts_no_more_is_not_sent_any_more(house: House) -> None:
    house.postman.away = True
    try:
        admin, made = await invited(house)
        assert (await admin.ask("DELETE", f"/invitations/{made['id']}"))[0] == 204
    finally:
        house.postman.away = False
    _, later = await invited(house)
    assert later["mailed"] is True
    links = house.pipeline.connection.database["account_links"]
    async with asyncio.timeout(30):
        while await links.find_one({"letter.due_at": {"$ne": None}}):
            await asyncio.sleep(0.01)
    assert [to for to, *_ in house.postman.letters if to == made["email"]] == []


async def test_a_connector_with_a_fault_loses_a_letter_and_nothing_else(house: House) -> None:
    """Anybody may ask for a letter: the hub goes on, and so do the letters after it."""
    person = await house.operator()
    guest = await house.browser()
    house.postman.broken = True
    try:
        _, made = await invited(house)
        assert (await guest.ask("POST", "/forgotten-password", {"email": person.email}))[0] == 204
        links = house.pipeline.connection.database["account_links"]
        async with asyncio.timeout(30):
            while await links.find_one({"operator": person.id}) is None:
                await asyncio.sleep(0.01)
    finally:
        house.postman.broken = False
    assert (made["mailed"], made["trying"]) == (False, False)
    assert (await guest.ask("POST", "/forgotten-password", {"email": person.email}))[0] == 204
    await letter_to(house, person.email)


async def test_an_invitation_that_is_taken_back_or_sent_again_counts_no_more(house: House) -> None:
    admin, first = await invited(house)
    status, second = await admin.ask("POST", "/invitations", {"email": first["email"], "role": "operator"})
    assert status == 201
    assert (await follow(house, token_of(first["url"])))[1]["code"] == "link_gone"
    assert (await admin.ask("DELETE", f"/invitations/{second['id']}"))[0] == 204
    assert (await follow(house, token_of(second["url"])))[1]["code"] == "link_gone"
    assert (await admin.ask("DELETE", f"/invitations/{second['id']}"))[0] == 404


async def test_an_invitation_by_somebody_who_was_removed_counts_no_more(house: House) -> None:
    """Else whoever sees their removal coming keeps a link for themselves."""
    leaving, staying = await house.operator(), await house.as_role()
    _, made = await (await house.signed_in(leaving)).ask("POST", "/invitations", invitation(role="admin"))
    assert (await staying.ask("PATCH", f"/people/{leaving.id}", {"role": "operator"}))[0] == 200
    _, page = await staying.ask("GET", "/invitations")
    assert made["id"] not in [one["id"] for one in page["items"]]
    assert (await staying.ask("DELETE", f"/people/{leaving.id}"))[0] == 204
    guest = await house.browser()
    look = await guest.ask("POST", "/account-links/look", {"token": token_of(made["url"])})
    assert look[1]["code"] == "link_gone"
    assert (await follow(house, token_of(made["url"])))[1]["code"] == "link_gone"


async def test_a_reset_made_before_somebody_joined_elsewhere_counts_no_more(house: House) -> None:
    """It would open the other project to an admin who manages nothing there."""
    person, admin = await house.operator(Role.OPERATOR), await house.as_role()
    _, reset = await admin.ask("POST", f"/people/{person.id}/password", {})
    theirs = await house.as_role(Role.ADMIN, project=FOREIGN)
    _, made = await theirs.ask("POST", "/invitations", invitation(email=person.email))
    assert (await follow(house, token_of(made["url"]), PASSWORD))[0] == 200
    assert (await follow(house, token_of(reset["url"])))[1]["code"] == "link_gone"


async def test_an_old_invitation_counts_no_more(house: House) -> None:
    admin, made = await invited(house)
    links = house.pipeline.connection.database["account_links"]
    await links.update_one(
        {"_id": made["id"]}, {"$set": {"expires_at": house.pipeline.clock.now() - timedelta(seconds=1)}}
    )
    assert (await follow(house, token_of(made["url"])))[1]["code"] == "link_gone"
    _, page = await admin.ask("GET", "/invitations")
    assert made["id"] not in [one["id"] for one in page["items"]]


async def test_of_two_who_follow_a_link_at_once_one_gets_in(house: House) -> None:
    _, made = await invited(house)
    answers = await asyncio.gather(*(follow(house, token_of(made["url"]), name=f"Guest {n}") for n in range(5)))
    assert sorted(status for status, _ in answers) == [200, 422, 422, 422, 422]


async def test_somebody_with_an_account_joins_with_its_own_password(house: House) -> None:
    """An admin who invites could copy the link: it must not open, or change, an account of another project."""
    person = await house.operator(Role.OPERATOR, project=FOREIGN)
    _, made = await invited(house, email=person.email)
    token = token_of(made["url"])
    _, shown = await (await house.browser()).ask("POST", "/account-links/look", {"token": token})
    assert shown["name"] == person.name
    status, answer = await follow(house, token, FRESH)
    assert (status, answer["code"]) == (422, "wrong_password")
    assert (await follow(house, token, PASSWORD))[0] == 200
    _, status, me = await sign_in(house, person.email, PASSWORD)
    assert status == 200
    assert {one["id"] for one in me["projects"]} == {MINE, FOREIGN}
    assert me["operator"]["name"] == person.name


async def test_guessing_the_password_behind_an_invitation_is_slowed_down(house: House) -> None:
    person = await house.operator(Role.OPERATOR, project=FOREIGN)
    _, made = await invited(house, email=person.email)
    for _ in range(5):
        assert (await follow(house, token_of(made["url"]), FRESH))[0] == 422
    assert (await follow(house, token_of(made["url"]), PASSWORD))[0] == 429
    theirs = await house.as_role(Role.ADMIN, project=FOREIGN)
    _, page = await theirs.ask("GET", "/audit", params={"action": "sign_in_failed"})
    seen = [one for one in page["items"] if one["object"] == person.id]
    assert len(seen) == 5  # those whose account it is learn of it
    assert {one["address"] for one in seen} == {"127.0.0.1"}


async def test_whoever_is_there_already_is_not_invited(house: House) -> None:
    person = await house.operator()
    status, answer = await (await house.as_role()).ask("POST", "/invitations", invitation(email=person.email.upper()))
    assert (status, answer["code"]) == (409, "already_here")


async def test_a_poor_password_leaves_the_link_as_it_was(house: House) -> None:
    _, made = await invited(house)
    assert (await follow(house, token_of(made["url"]), "12345678"))[1]["code"] == "password_common"
    assert (await follow(house, token_of(made["url"]), name=""))[1]["code"] == "name_needed"
    assert (await follow(house, token_of(made["url"])))[0] == 200


@pytest.mark.parametrize(
    "change",
    [
        {"role": "king"},
        {"email": "no address"},
        {"email": "a@b\r\nBcc: c@d"},
        {"email": "a\0@b.c"},
        {"email": "\u202ea@b.c"},
        {"teams": ["x"]},
        {"by": "me"},
    ],
)
async def test_an_invitation_that_makes_no_sense_is_refused(house: House, change: dict[str, Any]) -> None:
    assert (await (await house.as_role()).ask("POST", "/invitations", invitation(**change)))[0] == 422


async def test_a_reset_by_an_admin_ends_every_session_and_leaves_the_second_factor(house: House) -> None:
    person = await house.operator(Role.OPERATOR)
    at_work = await house.signed_in(person)
    await house.pipeline.connection.database["operators"].update_one(
        {"_id": person.id}, {"$set": {"totp_secret": "JBSWY3DPEHPK3PXP"}}
    )
    status, made = await (await house.as_role()).ask("POST", f"/people/{person.id}/password", {})
    assert status == 200
    assert (await at_work.ask("GET", "/me"))[0] == 200
    token = token_of(made["url"])
    _, shown = await (await house.browser()).ask("POST", "/account-links/look", {"token": token})
    assert (shown["kind"], shown["email"]) == ("reset", person.email)
    assert (await follow(house, token))[0] == 200
    assert (await at_work.ask("GET", "/me"))[0] == 401
    _, status, answer = await sign_in(house, person.email, FRESH)
    assert (status, answer["code"]) == (401, "code_required")
    assert (await follow(house, token))[1]["code"] == "link_gone"


async def test_an_admin_resets_nobody_who_also_works_elsewhere(house: House) -> None:
    """Whoever holds the link could open the other project, too."""
    both = [Membership(project=MINE, role=Role.OPERATOR), Membership(project=FOREIGN, role=Role.OPERATOR)]
    person = await house.operator_with(*both)
    status, answer = await (await house.as_role()).ask("POST", f"/people/{person.id}/password", {})
    assert (status, answer["code"]) == (409, "works_elsewhere")


async def test_a_token_makes_no_accounts(house: House) -> None:
    """What leaks from a script must neither invite nor take over."""
    admin = await house.as_role()
    _, made = await admin.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read", "manage"]})
    script = await house.browser()
    script.headers = {**script.headers, "Authorization": f"Bearer {made['token']}"}
    person = await house.operator(Role.OPERATOR)
    assert (await script.ask("GET", "/people"))[0] == 200
    assert (await script.ask("POST", "/invitations", invitation()))[0] == 403
    assert (await script.ask("POST", f"/people/{person.id}/password", {}))[0] == 403
    assert (await script.ask("PATCH", f"/people/{person.id}", {"role": "admin"}))[0] == 403


async def letter_to(house: House, email: str) -> str:
    """The text of the newest letter to an address; waits for it."""
    async with asyncio.timeout(30):
        while True:
            found = [text for to, _, text in house.postman.letters if to == email]
            if found:
                return found[-1]
            await asyncio.sleep(0.01)


async def test_a_forgotten_password_tells_nothing_about_accounts(house: House) -> None:
    """Known, closed and unknown addresses get the same answer; a letter goes to the known one alone."""
    known, closed = await house.operator(), await house.operator()
    await house.parts.accounts.set_active(closed.id, False)
    guest = await house.browser()
    before = len(house.postman.letters)
    asked = ("nobody@example.test", closed.email, known.email.upper())
    answers = [await guest.ask("POST", "/forgotten-password", {"email": email}) for email in asked]
    assert answers == [(204, b"")] * 3
    text = await letter_to(house, known.email)
    assert [to for to, *_ in house.postman.letters[before:]] == [known.email]
    assert (await follow(house, token_of(text)))[0] == 200
    assert (await sign_in(house, known.email, FRESH))[1] == 200


async def test_a_letter_goes_by_no_channel_whose_admins_could_not_make_the_link(house: House) -> None:
    """Who sets a mail channel up may read what it sends, and would open the other projects of whoever works there."""
    await house.operator(Role.ADMIN, project=MINE)
    shared = ProjectId(new_id())
    now = house.pipeline.clock.now()
    await house.parts.projects.put(Project(id=shared, name="Shared project", created_at=now))
    mine, foreign, ours = (Membership(project=one, role=Role.OPERATOR) for one in (MINE, FOREIGN, shared))
    apart, together = await house.operator_with(mine, foreign), await house.operator_with(mine, ours)
    managed = [Membership(project=one, role=Role.ADMIN) for one in (MINE, shared)]
    await house.operator_with(*managed)
    channel = {"id": new_id(), "project": shared, "key": new_id()}
    await house.parts.channels.add(house.channels[MINE].model_copy(update=channel))
    guest = await house.browser()
    for person in (apart, together):
        assert (await guest.ask("POST", "/forgotten-password", {"email": person.email}))[0] == 204
    assert "/welcome#" in await letter_to(house, together.email)  # after the other's turn
    assert [to for to, *_ in house.postman.letters if to == apart.email] == []
    await house.operator(Role.ADMIN, project=shared)  # who manages nothing else
    before = len(house.postman.letters)
    assert (await guest.ask("POST", "/forgotten-password", {"email": together.email}))[0] == 204
    alone = await house.operator()
    assert (await guest.ask("POST", "/forgotten-password", {"email": alone.email}))[0] == 204
    await letter_to(house, alone.email)
    assert [to for to, *_ in house.postman.letters[before:]] == [alone.email]


async def test_an_account_is_written_to_five_times_an_hour(house: House) -> None:
    person = await house.operator()
    links = house.parts.account_links
    for _ in range(8):
        await links.forgot(person.email, "198.51.100.20")
    marker = await house.operator()
    await links.forgot(marker.email, "198.51.100.20")
    await letter_to(house, marker.email)
    assert len([to for to, *_ in house.postman.letters if to == person.email]) == 5


async def test_an_address_that_asks_or_guesses_too_often_has_to_wait(house: House) -> None:
    """A link that counts costs nothing; others behind other addresses are not slowed down."""
    links = house.parts.account_links
    _, made = await invited(house)
    for _ in range(70):
        await links.look(token_of(made["url"]), "198.51.100.21")
    for _ in range(60):
        with pytest.raises(Invalid):
            await links.look("a guess", "198.51.100.21")
    with pytest.raises(TooMany):
        await links.look("a guess", "198.51.100.21")
    await links.look(token_of(made["url"]), "198.51.100.22")
    for _ in range(20):
        await links.forgot("nobody@example.test", "198.51.100.23")
    with pytest.raises(TooMany) as refused:
        await links.forgot("nobody@example.test", "198.51.100.23")
    assert timedelta(seconds=refused.value.retry_after_s) > timedelta(minutes=10)


async def test_a_changed_place_signs_the_person_out_and_counts_at_once(house: House) -> None:
    person = await house.operator(Role.OPERATOR)
    at_work, admin = await house.signed_in(person), await house.as_role()
    status, changed = await admin.ask("PATCH", f"/people/{person.id}", {"role": "analyst", "scope": "own"})
    assert status == 200
    assert (changed["role"], changed["scope"], changed["email"]) == ("analyst", "own", person.email)
    assert (await at_work.ask("GET", "/me"))[0] == 401
    _, _, me = await sign_in(house, person.email, PASSWORD)
    assert (me["role"], me["scope"]) == ("analyst", "own")
    assert (await admin.ask("PATCH", f"/people/{person.id}", {"teams": ["0" * 32]}))[1]["code"] == "team_unknown"


async def test_an_admin_of_one_project_does_not_stop_somebodys_programs_in_another(house: House) -> None:
    """A change of the place here ends the tokens for here; those for the other project go on."""
    places = [Membership(project=one, role=Role.OPERATOR, scope=Scope.ALL) for one in (FOREIGN, MINE)]
    person, admin = await house.operator_with(*places), await house.as_role()
    browser, scripts = await house.signed_in(person), []
    for project in (FOREIGN, MINE):
        assert (await browser.ask("PUT", "/me/project", {"project": project}))[0] == 200
        _, made = await browser.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read"]})
        script = await house.browser()
        script.headers = {**script.headers, "Authorization": f"Bearer {made['token']}"}
        scripts.append(script)
    assert [(await one.ask("GET", "/me"))[0] for one in scripts] == [200, 200]
    assert (await admin.ask("PATCH", f"/people/{person.id}", {"scope": "team"}))[0] == 200
    assert [(await one.ask("GET", "/me"))[0] for one in scripts] == [200, 401]


async def test_two_admins_cannot_take_each_others_place_away_at_once(house: House) -> None:
    """The second of two requests at one moment changes nothing: a project never ends up without an admin."""
    first, second = await house.operator(), await house.operator()
    viewers = [viewer_of(one, one.memberships[0]) for one in (first, second)]
    accounts = house.parts.accounts
    await accounts.change_place(viewers[0], second.id, {"role": Role.OPERATOR})
    for late in (
        accounts.remove_place(viewers[1], first.id),
        accounts.change_place(viewers[1], first.id, {"teams": ()}),
    ):
        with pytest.raises(Conflict) as refused:
            await late
        assert refused.value.code == "overtaken"
    kept = await house.parts.operators.get(first.id)
    assert kept is not None
    assert kept.memberships == first.memberships
    await accounts.remove_place(viewers[0], second.id)


async def test_whoever_is_removed_works_on_in_other_projects_alone(house: House) -> None:
    both = [Membership(project=MINE, role=Role.OPERATOR), Membership(project=FOREIGN, role=Role.CURATOR)]
    person = await house.operator_with(*both)
    admin = await house.as_role()
    assert (await admin.ask("DELETE", f"/people/{person.id}"))[0] == 204
    assert (await admin.ask("DELETE", f"/people/{person.id}"))[0] == 404
    _, _, me = await sign_in(house, person.email, PASSWORD)
    assert [one["id"] for one in me["projects"]] == [FOREIGN]


async def test_nobody_changes_or_removes_themselves(house: House) -> None:
    operator = await house.operator(Role.ADMIN, Scope.ALL)
    admin = await house.signed_in(operator)
    for method, body in (("PATCH", {"role": "operator"}), ("DELETE", None)):
        status, answer = await admin.ask(method, f"/people/{operator.id}", body)
        assert (status, answer["code"]) == (409, "not_oneself")
