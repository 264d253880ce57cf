"""Unsubscribing from mail that nobody asked for: the headers, the page, and what it changes."""

from pathlib import Path

import aiohttp
import pytest

from connectors.email.unsubscribing import Unsubscribing
from hub.model.conversation import Conversation
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ProjectId
from hub.model.project import Project
from hub.services.commands import Reply, Resolve
from hub.store.connection import Connection
from hub.store.flow_versions import FlowVersions
from hub.store.projects import Projects
from tests.connectors.doubles import NOON
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.email.test_flows_by_mail import shipped
from tests.connectors.email.test_mailbox import answer
from tests.connectors.test_in_the_hub import PROJECT, Site, reply, site

LINKS = Unsubscribing(b"s" * 32, "https://hub.example.org", "shop")


def test_a_token_names_its_address_and_nobody_makes_another() -> None:
    token = LINKS.token("Sample@Example.ORG")
    assert LINKS.address(token) == "sample@example.org"
    other = Unsubscribing(b"t" * 32, "https://hub.example.org", "shop")
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    for forged in (other.token("sample@example.org"), changed, token[:-2], "", "%", "é", "A" * 400):
        assert LINKS.address(forged) is None


def test_one_click_is_offered_over_tls_alone() -> None:
    """RFC 8058 wants TLS; a hub on this machine, as the demo's, is let pass."""
    names = [name for name, _ in LINKS.headers("a@example.org")]
    assert names == ["List-Unsubscribe", "List-Unsubscribe-Post"]
    assert len(Unsubscribing(b"s" * 32, "http://127.0.0.1:8080", "shop").headers("a@example.org")) == 2
    assert len(Unsubscribing(b"s" * 32, "http://hub.example.org", "shop").headers("a@example.org")) == 1


async def opted_out(at: Site, conversation: Conversation) -> bool:
    contact = await at.hub.pipeline.contacts.get(ProjectId(PROJECT), conversation.contact)
    return contact is not None and contact.opted_out_at is not None


async def test_one_click_ends_what_a_flow_sends_of_its_own_accord(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The survey after a conversation bears the link, answers do not; afterwards answers go out and surveys do not."""
    await Projects(connection.database).put(Project(id=PROJECT, name="Test", locale="ru", created_at=NOON))
    await FlowVersions(connection.database).add(shipped("nps"))
    rules = (StartRule(flow="nps", on=StartOn.RESOLVED),)
    async with site(connection, short_folder, "email", settings=shop.settings(), flows=rules) as at:
        shop.write("Hello")
        [conversation] = await conversations(at)
        await answer(at, conversation, reply("Good day"))
        await at.act(Resolve())
        said, surveyed = await shop.received(2)
        assert said.header("list-unsubscribe") is None
        link = (surveyed.header("list-unsubscribe") or "").strip("<>")
        path = "/hooks/" + link.partition("/hooks/")[2]
        async with aiohttp.ClientSession() as http:
            # A program that looks at every link changes nothing.
            async with http.get(at.hub.address + path, headers={"Accept-Language": "ru-RU"}) as page:
                assert (page.status, page.headers["Content-Security-Policy"][:18]) == (200, "default-src 'none'")
                assert shop.customer in await page.text()
            assert not await opted_out(at, conversation)
            async with http.post(at.hub.address + path, data={"List-Unsubscribe": "One-Click"}) as done:
                assert (done.status, "no such mail goes to" in await done.text()) == (200, True)
            async with http.post(at.hub.address + path + "x") as forged:
                assert forged.status == 404
        assert await eventually(lambda: opted_out(at, conversation))
        await answer(at, conversation, Reply(text="One more thing", seen_position=9))
        await at.act(Resolve())
        third = (await shop.received(3))[-1]
        assert "One more thing" in (third.text or "")
        assert len(await shop.received(3)) == 3


@pytest.mark.parametrize("size", [300_000])
async def test_a_body_that_is_too_long_is_refused(
    connection: Connection, short_folder: Path, shop: Shop, size: int
) -> None:
    async with site(connection, short_folder, "email", settings=shop.settings()) as at:
        secret = at.hub.supervisor.connector(at.channel.id)._unsubscribing  # type: ignore[union-attr]
        path = f"/hooks/email/{at.channel.key}/unsubscribe/{secret.token('a@example.org')}"
        async with aiohttp.ClientSession() as http, http.post(at.hub.address + path, data=b"x" * size) as answered:
            assert answered.status == 413
