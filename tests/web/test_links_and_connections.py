"""Links into another channel, and settings that are tried before they are kept."""

from hub.model.ids import ContactId, new_id
from hub.model.operator import Role
from tests.web.house import MINE, House


async def test_a_contact_gets_a_link_of_their_own(house: House) -> None:
    """With a QR code that says the same, and a word that stands for that contact."""
    client, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    _, detail = await client.ask("GET", f"/conversations/{conversation}")
    status, link = await client.ask("POST", f"/contacts/{detail['contact']}/links", {})
    assert status == 200
    word = link["url"].removeprefix("https://t.me/sample?start=")
    links, now = house.parts.links, house.parts.clock.now()
    assert links.contact(MINE, word, now) == ContactId(detail["contact"])
    assert link["qr_svg"].startswith("<svg")
    status, problem = await client.ask("POST", f"/contacts/{detail['contact']}/links", {"channel": new_id()})
    assert (status, problem["code"]) == (422, "no_invitation")
    assert (await client.ask("POST", f"/contacts/{new_id()}/links", {}))[0] == 404


async def test_settings_are_tried_without_being_kept(house: House) -> None:
    """The answer of the service, or its sentence about what is wrong; only for who manages channels."""
    admin = await house.as_role(Role.ADMIN)
    before = await admin.ask("GET", "/channels")
    body = {"kind": "recorder", "settings": {"token": "right"}}
    status, tested = await admin.ask("POST", "/channels/test", body)
    assert (status, tested["facts"]) == (200, [{"name": "bot", "value": "Sample"}])
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
