"""The audit log: what is noted, what never stands in it, who reads it, and how it ends."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.app.background import background
from hub.model.audit import AuditAction, AuditEntry, Via
from hub.model.ids import ProjectId, new_id
from hub.model.operator import Role
from hub.services.audit import Audit, By
from hub.store.audit import AuditEntries, AuditFilter
from tests.web.house import FOREIGN, MINE, Client, House, invitation
from tests.web.test_account_links import FRESH, follow, sign_in, token_of


async def lines(client: Client, **query: str) -> list[dict[str, Any]]:
    """The newest lines that fit."""
    status, page = await client.ask("GET", "/audit", params={"limit": "100", **query})
    assert status == 200, page
    items: list[dict[str, Any]] = page["items"]
    return items


async def newest(client: Client, action: str) -> dict[str, Any]:
    return (await lines(client, action=action))[0]


async def test_signing_in_and_failing_to_are_noted_with_the_address(house: House) -> None:
    """Whoever fails is nobody; the account is what it was tried on."""
    person, admin = await house.operator(Role.OPERATOR), await house.as_role()
    await sign_in(house, person.email, "not the phrase")
    failed = await newest(admin, "sign_in_failed")
    assert (failed["by"], failed["via"], failed["object"], failed["name"]) == (None, "nobody", person.id, person.name)
    assert failed["address"] == "127.0.0.1"
    await house.signed_in(person)
    done = await newest(admin, "signed_in")
    assert (done["by"], done["via"]) == (person.id, "session")


async def test_what_is_typed_for_an_unknown_account_stands_nowhere(house: House) -> None:
    await sign_in(house, "unheard-of@example.test", "a canary phrase")
    kept = await house.pipeline.connection.database["audit"].find().to_list()
    assert "unheard-of" not in str(kept)
    assert "canary" not in str(kept)


async def test_invitations_places_and_resets_are_noted(house: House) -> None:
    admin = await house.as_role()
    _, made = await admin.ask("POST", "/invitations", invitation(role="curator"))
    await follow(house, token_of(made["url"]))
    joined = await newest(admin, "joined")
    assert joined["via"] == "link"
    person = joined["by"]
    await admin.ask("PATCH", f"/people/{person}", {"role": "operator"})
    changed = await newest(admin, "place_changed")
    assert (changed["object"], changed["changes"]) == (
        person, [{"name": "role", "before": "curator", "after": "operator"}],
    )  # fmt: skip
    _, reset = await admin.ask("POST", f"/people/{person}/password", {})
    await follow(house, token_of(reset["url"]), FRESH + "!")
    await admin.ask("DELETE", f"/people/{person}")
    _, other = await admin.ask("POST", "/invitations", invitation())
    await admin.ask("DELETE", f"/invitations/{other['id']}")
    found = [one["action"] for one in await lines(admin)]
    assert found[:8] == [
        "invitation_revoked", "invited", "person_removed", "password_reset", "reset_link_made", "place_changed",
        "joined", "invited",
    ]  # fmt: skip
    kept = str(await house.pipeline.connection.database["audit"].find().to_list())
    assert token_of(made["url"]) not in kept
    assert token_of(reset["url"]) not in kept


async def test_settings_are_noted_by_name_and_secrets_never_by_value(house: House) -> None:
    admin = await house.as_role()
    settings = {"title": "First", "identity_secret": "a canary secret of a channel"}
    _, channel = await admin.ask("POST", "/channels", {"kind": "webchat", "name": "Shop", "settings": settings})
    change = {"revision": channel["revision"], "name": "Store", "settings": {"title": "x", "identity_secret": "canary"}}
    assert (await admin.ask("PATCH", f"/channels/{channel['id']}", change))[0] == 200
    noted = await newest(admin, "channel_changed")
    assert noted["object"] == channel["id"]
    assert noted["changes"] == [
        {"name": "name", "before": "Shop", "after": "Store"},
        {"name": "settings.identity_secret", "before": None, "after": None},
        {"name": "settings.title", "before": None, "after": None},
    ]
    _, hook = await admin.ask("POST", "/webhooks", {"name": "audited", "url": "https://example.org/a-canary-key"})
    _, rotated = await admin.ask("POST", "/webhooks/audited/secret", {})
    await admin.ask("PATCH", "/webhooks/audited", {"url": "https://example.org/another-canary"})
    await admin.ask("DELETE", "/webhooks/audited")
    _, token = await admin.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read"]})
    await admin.ask("DELETE", f"/me/tokens/{token['id']}")
    found = [one["action"] for one in await lines(admin)]
    assert found[:6] == [
        "token_deleted", "token_made", "webhook_deleted", "webhook_changed", "webhook_secret_changed", "webhook_made",
    ]  # fmt: skip
    kept = str(await house.pipeline.connection.database["audit"].find().to_list())
    for secret in ("canary", hook["secret"], rotated["secret"], token["token"]):
        assert secret not in kept


async def test_flows_and_merges_are_noted_without_a_contacts_name(house: House) -> None:
    admin = await house.as_role()
    sources = [
        {"name": "noted.yml", "text": "flow: noted\nask:\n- name: text\n  text: Who?\noutcomes:\n- done: else\n"}
    ]
    assert (await admin.ask("POST", "/flows", {"flow": "noted", "sources": sources}))[0] == 201
    assert (await admin.ask("POST", "/flows/noted/publish", {"revision": 1}))[0] == 200
    assert (await newest(admin, "flow_published"))["name"] == "noted 1"
    people = []
    for who in ("canary-sample-one", "canary-sample-two"):
        received = await house.says("Good day", who=who)
        _, detail = await admin.ask("GET", f"/conversations/{received.conversation}")
        people.append(detail["contact_detail"])
    kept, gone = people
    body = {"other": gone["id"], "revisions": [kept["revision"], gone["revision"]]}
    status, answer = await admin.ask("POST", f"/contacts/{kept['id']}/merge", body)
    assert status == 200, answer
    noted = await newest(admin, "contacts_merged")
    assert (noted["object"], noted["changes"][0]["after"]) == (kept["id"], gone["id"])
    names = noted.pop("contacts")
    assert set(names) == {kept["id"], gone["id"]}, "looked up when the log is read, and by who may see them"
    assert "canary" not in str(noted)
    assert "canary" not in str(await house.pipeline.connection.database["audit"].find().to_list())


async def test_pages_follow_one_another_and_filters_narrow_them(house: House) -> None:
    person = await house.operator()
    admin = await house.signed_in(person)
    for number in range(7):
        await admin.ask("POST", "/me/tokens", {"name": f"Script {number}", "scopes": ["read"]})
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"by": person.id, "action": "token_made", "limit": "3", **({"cursor": cursor} if cursor else {})}
        status, page = await admin.ask("GET", "/audit", params=query)
        assert status == 200
        seen += [one["name"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"Script {number}" for number in reversed(range(7))]
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert await lines(admin, since=later) == []
    assert await lines(admin, by=person.id, until="2020-01-01T00:00:00Z") == []
    for odd in ({"cursor": "x"}, {"cursor": f"{'f' * 16}.{new_id()}"}, {"action": "x"}, {"since": "x"}, {"by": "x"}):
        assert (await admin.ask("GET", "/audit", params=odd))[0] == 422, odd


async def test_another_project_sees_only_what_concerns_its_people(house: House) -> None:
    mine = await house.as_role()
    await mine.ask("POST", "/me/tokens", {"name": "Script of mine", "scopes": ["read"]})
    theirs = await house.as_role(Role.ADMIN, project=FOREIGN)
    assert "Script of mine" not in str(await lines(theirs))
    assert "Script of mine" in str(await lines(mine))


async def test_the_log_as_a_table_holds_no_formulas_and_notes_itself(house: House) -> None:
    person = await house.operator()
    admin = await house.signed_in(person)
    await admin.ask("POST", "/me/tokens", {"name": '=1+1, "quoted"', "scopes": ["read"]})
    status, text = await admin.ask("GET", "/audit.csv", params={"by": person.id})
    assert status == 200
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert [row["action"] for row in rows] == ["token_made", "signed_in"]
    assert rows[0]["name"] == '\'=1+1, "quoted"'
    assert rows[0]["by_name"] == person.name
    assert rows[0]["changes"] == "scopes:  > read"
    assert (await newest(admin, "audit_exported"))["by"] == person.id
    assert (await admin.ask("GET", "/audit.csv", params={"by": person.id}))[0] == 200


async def test_old_lines_go_and_the_others_stay(house: House) -> None:
    """Lines go by their age alone; nothing else in the hub changes or removes one."""
    entries, clock = AuditEntries(house.pipeline.connection.database), house.pipeline.clock
    project, now = ProjectId(new_id()), clock.now()
    for days in (1, 29, 31):
        await entries.add(
            AuditEntry(
                id=new_id(), projects=(project,), at=now - timedelta(days=days), action=AuditAction.SIGNED_IN, by=None,
                via=Via.NOBODY, name=str(days),
            )
        )  # fmt: skip
    audit = Audit(entries, clock, timedelta(days=30))
    async with asyncio.timeout(60), background(audit.run):
        while len(found := (await audit.page(project, AuditFilter(), None, 10))[0]) > 2:
            assert {one.name for one in found} == {"1", "29", "31"}
    assert [one.name for one in found] == ["1", "29"]


async def test_by_the_command_line_is_told_from_nobody(house: House) -> None:
    project = ProjectId(new_id())
    await house.parts.audit.note(By(None, Via.COMMAND), AuditAction.JOINED, [project])
    found, _ = await house.parts.audit.page(project, AuditFilter(), None, 10)
    assert [one.via for one in found] == [Via.COMMAND]


async def test_only_those_who_manage_read_it(house: House) -> None:
    for role in Role:
        client = await house.as_role(role, project=MINE)
        expected = 200 if role is Role.ADMIN else 403
        assert (await client.ask("GET", "/audit"))[0] == expected, role
