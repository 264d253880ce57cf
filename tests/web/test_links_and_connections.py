"""Links into another channel, and settings that are tried before they are kept."""

from hub.model.ids import ContactId, new_id
from hub.model.operator import Role
from tests.web.house import FOREIGN, MINE, House, ids_of


async def test_a_contact_gets_a_link_of_their_own(house: House) -> None:
    """With a QR code that says the same, and a word that stands for that contact."""
    client, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    _, detail = await client.ask("GET", f"/conversations/{conversation}")
    status, link = await client.ask("POST", f"/contacts/{detail['contact']}/links", {})
    assert status == 200
    word = link["url"].removeprefix("https://t.me/sample?start=")
    links, now = house.parts.links, house.parts.clock.now()
    assert links.contact(MINE, word, now) == ContactId(detail["contact"])
    assert link["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    status, problem = await client.ask("POST", f"/contacts/{detail['contact']}/links", {"channel": new_id()})
    assert (status, problem["code"]) == (422, "no_invitation")
    assert (await client.ask("POST", f"/contacts/{new_id()}/links", {}))[0] == 404


async def test_settings_are_tried_without_being_kept(house: House) -> None:
    """The answer of the service, or its sentence about what is wrong; only for who manages channels."""
    admin = await house.as_role(Role.ADMIN)
    before = await admin.ask("GET", "/channels")
    body = {"kind": "recorder", "settings": {"token": "right"}}
    status, tested = await admin.ask("POST", "/channels/test", body)
    told = {"code": "telegram_bot", "facts": {"bot": "Sample"}, "said": ""}
    assert (status, tested["facts"]) == (200, [{"text": "The bot is Sample.", "why": told}])
    status, problem = await admin.ask("POST", "/channels/test", {**body, "settings": {"token": "wrong"}})
    assert (status, problem["code"], problem["detail"]) == (422, "connection_failed", "The token is wrong.")
    assert await admin.ask("GET", "/channels") == before
    operator = await house.as_role(Role.OPERATOR)
    assert (await operator.ask("POST", "/channels/test", body))[0] == 403


async def test_a_stored_secret_is_tried_only_where_it_belongs(house: House) -> None:
    """Left out, it is taken from the channel; not when the settings would send it to another address."""
    admin = await house.as_role(Role.ADMIN)
    settings = {"identity_secret": "s", "token": "right"}
    _, channel = await admin.ask("POST", "/channels", {"kind": "webchat", "name": "Own", "settings": settings})
    body = {"kind": "webchat", "channel": channel["id"], "settings": {"token": "right"}}
    assert (await admin.ask("POST", "/channels/test", body))[0] == 200
    tried = house.parts.connections.tried  # type: ignore[attr-defined]
    assert tried[-1].settings == {"identity_secret": "s", "token": "right"}
    await admin.ask("POST", "/channels/test", {**body, "settings": {"token": "right", "api_url": "https://e.org"}})
    assert "identity_secret" not in tried[-1].settings


async def test_a_stored_secret_stays_with_the_server_it_was_written_for(house: House) -> None:
    """Else whoever changes settings reads at a server of their own what the hub never shows."""
    admin = await house.as_role(Role.ADMIN)
    settings = {"imap_host": "imap.example.org", "identity_secret": "s"}
    _, channel = await admin.ask("POST", "/channels", {"kind": "webchat", "name": "Own", "settings": settings})
    path, store = f"/channels/{channel['id']}", house.parts.channels
    for name in ("imap_host", "smtp_host", "token_url", "api_url"):
        elsewhere = {"imap_host": "imap.example.org", name: "imap.example.test"}
        status, refused = await admin.ask("PATCH", path, {"revision": channel["revision"], "settings": elsewhere})
        assert (status, refused["code"], refused["extra"]) == (422, "secrets_again", {"names": "identity_secret"}), name
    empty = {"imap_host": "imap.example.org", "smtp_host": None, "token_url": ""}
    status, changed = await admin.ask("PATCH", path, {"revision": channel["revision"], "settings": empty})
    assert (status, changed["secrets_set"]) == (200, ["identity_secret"])
    again = {"imap_host": "imap.example.test", "identity_secret": "another"}
    status, changed = await admin.ask("PATCH", path, {"revision": changed["revision"], "settings": again})
    assert status == 200, changed
    kept = await store.get(channel["id"])
    assert kept is not None
    assert kept.settings == again


async def test_what_a_sign_in_brought_ends_with_the_server(house: House) -> None:
    """Nobody can type it; the next sign-in brings a new one."""
    hidden, admin = house.parts.kinds.secrets("webchat"), await house.as_role(Role.ADMIN)
    assert "refresh_token" in hidden
    settings = {"token_url": "https://login.example.org/token", "refresh_token": "of the sign-in"}
    _, channel = await admin.ask("POST", "/channels", {"kind": "webchat", "name": "Own", "settings": settings})
    moved = {"token_url": "https://login.example.test/token"}
    body = {"revision": channel["revision"], "settings": moved}
    status, changed = await admin.ask("PATCH", f"/channels/{channel['id']}", body)
    assert (status, changed["secrets_set"]) == (200, [])


async def test_link_to_a_form_is_made_listed_and_taken_back(house: House) -> None:
    """Its address and QR code are told once; wrong answers are named; a colleague of another project sees nothing."""
    client = await house.as_role()
    ids = await ids_of(house, MINE)
    contact, body = ids["contact"], {"flow": "ours", "values": {"name": "Sample"}, "fields": {"utm_source": "letter"}}
    status, made = await client.ask(
        "POST", "/form-links", {**body, "contact": contact, "label": "Letter", "once": True, "days": 2}
    )
    assert status == 201, made
    assert "/f/ours?for=" in made["url"]
    assert made["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert (made["contact"], made["once"], made["used"]) == (contact, True, False)
    status, refused = await client.ask("POST", "/form-links", {"flow": "ours", "values": {"other": "x"}})
    assert (status, refused["code"]) == (422, "unknown_question")
    assert (await client.ask("POST", "/form-links", {"flow": "missing"}))[0] == 404
    assert (await client.ask("POST", "/form-links", {**body, "contact": new_id()}))[0] == 404
    _, listed = await client.ask("GET", "/form-links")
    assert (listed["items"][0]["id"], listed["items"][0]["label"]) == (made["id"], "Letter")
    assert listed["items"][0]["url"] is None
    foreigner = await house.as_role(project=FOREIGN)
    assert made["id"] not in [one["id"] for one in (await foreigner.ask("GET", "/form-links"))[1]["items"]]
    assert (await foreigner.ask("DELETE", f"/form-links/{made['id']}"))[0] == 404
    assert (await client.ask("DELETE", f"/form-links/{made['id']}"))[0] == 204
    assert (await client.ask("GET", "/form-links"))[1]["items"][0]["revoked"]
