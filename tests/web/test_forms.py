"""Hosted forms: filled in page by page, without a script, and finished elsewhere."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.model.contact import Contact, Field
from hub.model.conversation import Control, Conversation, Status
from hub.model.events import Sender
from hub.model.flow import Source
from hub.model.message import Direction, Message
from hub.model.project import Project
from hub.services.errors import Invalid
from hub.store.channels import Channels
from hub.store.connection import Connection
from hub.store.flow_figures import FlowFigures
from hub.store.projects import Projects
from hub.web.forms import pages
from tests.connectors.doubles import NOON
from tests.connectors.forms.test_proof import solved
from tests.connectors.test_in_the_hub import PROJECT, Site, site

LEAD = """\
flow: lead
title: Your project
start: {form: project}
intro: Three minutes.
ask:
- agree: consent
  text: May we keep your answers?
- part: Today
- role: choice
  text: What do you do?
  options: {owner: Owner, other: Something else}
- role_text: text
  if: role == "other"
  text: What exactly?
- tools: choices
  text: What do you use?
  options: {mail: Mail, crm: CRM, none: Nothing}
  alone: [none]
  max: 2
- part: Plans
- budget: number
  text: Your budget?
  range: 1..1000000
- phone: phone
  text: Your phone?
  optional: true
  save: contact.phone
- brief: file
  text: Have a brief?
  optional: true
score:
  budget >= 1000: 60
outcomes:
- hot: score >= 60
  say: A colleague will call you.
  do: {stage: qualified, escalate: sales}
- cold: else
  say: Thank you for telling us.
"""


@pytest.fixture(autouse=True)
def _nobody_is_too_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests fill in faster than a person."""
    monkeypatch.setattr(pages, "HURRY_S", 0.0)


@dataclass
class Shown:
    """A page as a browser without scripts has it."""

    status: int
    path: str
    html: str

    @property
    def words(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found is not None, name
        return found[1]

    @property
    def action(self) -> str:
        found = re.search(r'action="([^"]*)"', self.html)
        assert found is not None
        return unescape(found[1])


@dataclass
class Visitor:
    """Somebody who fills in the form."""

    at: Site
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Shown:
        async with self.session.get(self.at.hub.address + path, headers=headers) as answer:
            return Shown(answer.status, answer.url.path, await answer.text())

    async def send(self, page: Shown, *fields: tuple[str, str | bytes]) -> Shown:
        data = aiohttp.FormData(default_to_multipart=True)
        for name in ("stamp", "turn", "page", "shown"):
            data.add_field(name, page.hidden(name))
        for name, value in fields:
            if isinstance(value, bytes):
                data.add_field(name, value, filename="brief.txt")
            else:
                data.add_field(name, value)
        async with self.session.post(self.at.hub.address + page.action, data=data) as answer:
            return Shown(answer.status, answer.url.path, await answer.text())

    async def conversations(self) -> list[Conversation]:
        rows = self.at.hub.connection.database["conversations"].find({"channel": self.at.channel.id})
        return [Conversation.model_validate({**row, "id": row["_id"]}) async for row in rows]

    async def thread(self) -> list[Message]:
        [conversation] = await self.conversations()
        return list(await self.at.hub.pipeline.messages.window(conversation.id))


@asynccontextmanager
async def form(connection: Connection, folder: Path, text: str = LEAD) -> AsyncIterator[Visitor]:
    """A hub with the form published."""
    async with site(connection, folder, "forms") as at, aiohttp.ClientSession() as session:
        await Projects(connection.database).put(Project(id=PROJECT, name="Shop", created_at=NOON))
        library = at.hub.pipeline.flow_library
        await library.save(PROJECT, "lead", [Source(name="lead.yml", text=text)], revision=0, by=None)
        await library.publish(PROJECT, "lead", revision=1, by=None)
        yield Visitor(at, session)


async def test_a_clock_that_jumps_back_takes_nobody_for_a_script(
    connection: Connection, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long somebody took is told by the database's time."""
    right = time.time
    async with form(connection, short_folder) as visitor:
        page = await visitor.get("/f/project")
        monkeypatch.setattr(time, "time", lambda: right() - 3600)
        sent = await visitor.send(page, ("agree", "yes"))
        assert "Step 2 of 3" in sent.words
        assert len(await visitor.conversations()) == 1


async def test_a_form_is_filled_in_page_by_page_and_escalates(connection: Connection, short_folder: Path) -> None:
    """The same questions as in a chat; the answers stand in the conversation, and people take over."""
    async with form(connection, short_folder) as visitor:
        first = await visitor.get("/f/project?utm_source=ads")
        assert (first.status, "Step 1 of 3" in first.words, "Three minutes." in first.words) == (200, True, True)
        assert await visitor.conversations() == []  # nothing of somebody who only looks
        second = await visitor.send(first, ("agree", "yes"))
        assert second.path.startswith("/f/project/")
        assert "Step 2 of 3" in second.words
        third = await visitor.send(
            second, ("role", "other"), ("role_text", "Design"), ("tools", "mail"), ("tools", "crm")
        )
        last = await visitor.send(third, ("budget", "5000"), ("phone", "+7 912 345-67-89"), ("brief", b"Twelve lamps."))
        assert "A colleague will call you." in last.words
        [conversation] = await visitor.conversations()
        assert (conversation.control, conversation.status) == (Control.QUEUE, Status.OPEN)
        assert conversation.flow is not None
        assert conversation.flow.stage == "qualified"
        said = await visitor.thread()
        texts = [message.text for message in said if message.direction is Direction.IN]
        assert texts[0] == "Your project"
        assert "What do you do? Something else" in texts[2]
        assert "What do you use? Mail, CRM" in texts[2]
        assert [file.name for message in said for file in message.attachments] == ["brief.txt"]
        contact = await visitor.at.hub.pipeline.contacts.get(PROJECT, conversation.contact)
        assert contact is not None
        assert {field.name: field.value for field in contact.fields} == {"utm_source": "ads", "phone": "+79123456789"}


async def test_what_is_wrong_is_said_where_it_is_and_nothing_is_lost(
    connection: Connection, short_folder: Path
) -> None:
    """The page comes back with what was filled in; nothing of it is kept."""
    async with form(connection, short_folder) as visitor:
        first = await visitor.get("/f/project")
        refused = await visitor.send(first)
        assert (refused.status, "Please check the marked answers." in refused.words) == (422, True)
        assert await visitor.conversations() == []
        second = await visitor.send(first, ("agree", "yes"))
        wrong = await visitor.send(second, ("role", "other"), ("role_text", ""), ("tools", "mail"), ("tools", "none"))
        assert wrong.status == 422
        assert 'id="role_text-fault"' in wrong.html
        assert 'id="tools-fault"' in wrong.html
        assert 'value="other" checked' in wrong.html


async def test_what_was_typed_in_a_tab_that_was_left_behind_is_not_lost(
    connection: Connection, short_folder: Path
) -> None:
    """An earlier answer changed elsewhere meanwhile: the page comes back with what was typed, to be sent again."""
    async with form(connection, short_folder) as visitor:
        second = await visitor.send(await visitor.get("/f/project"), ("agree", "yes"))
        third = await visitor.send(second, ("role", "owner"), ("tools", "mail"))
        earlier = await visitor.get(f"{third.path}?page={second.hidden('page')}")
        await visitor.send(earlier, ("role", "other"), ("role_text", "Cook"), ("tools", "mail"))
        behind = await visitor.send(third, ("budget", "1234"))
        assert (behind.status, "This page was answered already." in behind.words) == (409, True)
        assert 'value="1234"' in behind.html
        sent = await visitor.send(behind, ("budget", "1234"), ("phone", "+49 30 901820"))
        assert sent.status == 200
        assert "This page was answered already." not in sent.words


BRANCHES = """\
flow: lead
title: Lead
start: {form: lead}
ask:
- size: choice
  text: How many are you?
  options: {few: A few, many: Many}
- budget: number
  text: Your budget?
  if: size == "many"
- wish: text
  text: Anything else?
  if: size == "many"
  optional: true
outcomes:
- done: else
  say: "Thank you: {budget}"
"""


async def test_question_that_an_answer_brings_up_is_asked_without_scripts(
    connection: Connection, short_folder: Path
) -> None:
    """One that needs an answer, and one that does not: neither is refused unseen, nor taken as left out."""
    async with form(connection, short_folder, BRANCHES) as at:
        page = await at.get("/f/lead")
        assert page.hidden("shown") == "size"
        asked = await at.send(page, ("size", "many"))
        assert "Your budget?" in asked.words
        assert asked.hidden("shown") == "size,budget"
        more = await at.send(asked, ("size", "many"), ("budget", "900"))
        assert "There are more questions now." in more.words
        assert more.hidden("shown") == "size,budget,wish"
        assert await at.conversations() == []
        over = await at.send(more, ("size", "many"), ("budget", "900"), ("wish", "Soon"))
        assert "Thank you: 900" in over.words
        assert any("Soon" in message.text for message in await at.thread() if message.direction == "in")


async def test_a_page_sent_twice_is_taken_once(connection: Connection, short_folder: Path) -> None:
    """By a double click, or from a tab that was left open."""
    async with form(connection, short_folder) as visitor:
        first = await visitor.get("/f/project")
        answers = await asyncio.gather(*(visitor.send(first, ("agree", "yes")) for _ in range(3)))
        assert {answer.path for answer in answers} == {answers[0].path}
        assert len(await visitor.conversations()) == 1
        await visitor.send(answers[0], ("role", "owner"), ("tools", "none"))
        stale = await visitor.send(answers[0], ("role", "other"), ("role_text", "Late"), ("tools", "none"))
        assert "This page was answered already." in stale.words


async def test_a_no_to_the_consent_ends_the_form(connection: Connection, short_folder: Path) -> None:
    async with form(connection, short_folder) as visitor:
        over = await visitor.send(await visitor.get("/f/project"), ("agree", "no"))
        assert "Thank you!" in over.words
        [conversation] = await visitor.conversations()
        assert conversation.flow is not None
        assert conversation.flow.outcome == "no_consent"


async def test_one_may_go_back_and_change_an_answer(connection: Connection, short_folder: Path) -> None:
    """What depended on the old one is asked, or not asked any more."""
    async with form(connection, short_folder) as visitor:
        second = await visitor.send(await visitor.get("/f/project"), ("agree", "yes"))
        third = await visitor.send(second, ("role", "owner"), ("tools", "none"))
        assert "Your budget?" in third.words
        back = await visitor.get(f"{third.path}?page=1")
        assert 'value="owner" checked' in back.html
        again = await visitor.send(back, ("role", "other"), ("role_text", "Design"), ("tools", "crm"))
        assert "Your budget?" in again.words


async def test_who_fills_in_what_nobody_sees_is_no_person(connection: Connection, short_folder: Path) -> None:
    """The honeypot, a stamp that is not ours, and an address that sends too much: told, and nothing is kept."""
    async with form(connection, short_folder) as visitor:
        first = await visitor.get("/f/project")
        assert (await visitor.send(first, ("agree", "yes"), ("website", "spam"))).status == 422
        forged = Shown(200, first.path, first.html.replace(first.hidden("stamp"), "0" * 32 + ".0.bad"))
        assert (await visitor.send(forged, ("agree", "yes"))).status == 422
        assert await visitor.conversations() == []


async def test_a_form_that_does_not_exist_says_so(connection: Connection, short_folder: Path) -> None:
    """Also a token that was made up."""
    async with form(connection, short_folder) as visitor:
        assert (await visitor.get("/f/nothing")).status == 404
        gone = await visitor.get(f"/f/project/{'0' * 52}", **{"Accept-Language": "ru"})
        assert (gone.status, "Этой формы нет" in gone.words) == (404, True)


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "' onfocus=alert(1) x='", '"><img src=x>'])
async def test_what_is_filled_in_is_shown_as_text(connection: Connection, short_folder: Path, hostile: str) -> None:
    """When the page comes back, and in the conversation."""
    async with form(connection, short_folder) as visitor:
        second = await visitor.send(await visitor.get("/f/project"), ("agree", "yes"))
        back = await visitor.send(second, ("role", "other"), ("role_text", hostile))
        assert back.status == 422
        assert hostile not in back.html
        assert hostile in unescape(back.html)


PREFILL = LEAD.replace("- role: choice", "- name: text\n  text: Your name?\n  save: contact.name\n- role: choice")


async def invited(visitor: Visitor, **more: Any) -> str:
    """The path of a link to the form."""
    invites = visitor.at.hub.pipeline.form_invites
    given: dict[str, Any] = {"values": {}, "fields": {}, **more}
    return "/f/" + invites.url(await invites.make(PROJECT, "lead", **given)).partition("/f/")[2]


async def a_contact(visitor: Visitor) -> Contact:
    """Somebody who is known from another channel."""
    contacts, now = visitor.at.hub.pipeline.contacts, visitor.at.hub.pipeline.clock.now()
    sender = Sender(kind="telegram", value="777", name="Sample Name",
                    fields=(Field(name="phone", value="+79123456789", verified=True),))  # fmt: skip
    found = await contacts.get(PROJECT, await contacts.of_sender(PROJECT, sender, now))
    assert found is not None
    return found


async def test_link_knows_the_contact_the_answers_and_the_campaign(connection: Connection, short_folder: Path) -> None:
    """What is known stands in its fields and can be changed; the conversation is the contact's; twice is two."""
    async with form(connection, short_folder, PREFILL) as visitor:
        contact = await a_contact(visitor)
        link = await invited(visitor, contact=contact, values={"role": "owner", "budget": "5 000"},
                             fields={"utm_source": "letter"})  # fmt: skip
        first = await visitor.get(f"{link}&utm_source=forged")
        second = await visitor.send(first, ("agree", "yes"))
        assert 'value="Sample Name"' in second.html
        assert re.search(r'value="owner" checked', second.html)
        third = await visitor.send(second, ("name", "Sample Name"), ("role", "owner"), ("tools", "crm"))
        assert 'value="5000"' in third.html
        assert 'value="+79123456789"' in third.html
        last = await visitor.send(third, ("budget", "7000"), ("phone", "+7 912 345-67-89"))
        assert "A colleague will call you." in last.words
        [conversation] = await visitor.conversations()
        assert conversation.contact == contact.id
        known = await visitor.at.hub.pipeline.contacts.get(PROJECT, contact.id)
        assert known is not None
        assert {field.name: field.value for field in known.fields} == {
            "phone": "+79123456789", "utm_source": "letter",
        }  # fmt: skip
        again = await visitor.get(link)
        assert "Step 1" in again.words


async def test_link_for_one_use_leads_to_what_was_begun_by_it(connection: Connection, short_folder: Path) -> None:
    """Whoever comes again, on whatever device, goes on there; after the end they read that it is over."""
    async with form(connection, short_folder) as visitor:
        link = await invited(visitor, once=True, values={"role": "owner"})
        await visitor.send(await visitor.get(link), ("agree", "yes"))
        back = await visitor.get(link)
        assert "Step 2 of 3" in back.words
        third = await visitor.send(back, ("role", "owner"), ("tools", "crm"))
        await visitor.send(third, ("budget", "10"))
        assert "Thank you for telling us." in (await visitor.get(link)).words
        assert len(await visitor.conversations()) == 1


async def test_link_that_ended_or_was_changed_is_the_form_as_everybody_finds_it(
    connection: Connection, short_folder: Path
) -> None:
    """Expired, revoked, forged or of another form: nothing that it knew is shown."""
    async with form(connection, short_folder, PREFILL) as visitor:
        contact = await a_contact(visitor)
        link = await invited(visitor, contact=contact)
        invites = connection.database["form_invites"]
        for path in (link[:-1] + ("0" if link[-1] != "0" else "1"), f"{link}x", "/f/project?for=", "/f/project?for=é"):
            page = await visitor.get(path)
            assert (page.status, "Sample Name" in page.html) == (200, False)
        await invites.update_many({}, {"$set": {"revoked": True}})
        second = await visitor.send(await visitor.get(link), ("agree", "yes"))
        assert "Sample Name" not in second.html
        await invites.update_many({}, {"$set": {"revoked": False, "expires_at": NOON}})
        second = await visitor.send(await visitor.get(link), ("agree", "yes"))
        assert "Sample Name" not in second.html
        assert all(one.contact != contact.id for one in await visitor.conversations())


async def test_answers_that_cannot_be_taken_make_no_link(connection: Connection, short_folder: Path) -> None:
    """Unknown questions, wrong values, and what only the person can say; each is named."""
    async with form(connection, short_folder) as visitor:
        for values, code in (
            ({"nothing": "x"}, "unknown_question"),
            ({"budget": "much"}, "answers_refused"),
            ({"agree": "yes"}, "not_prefilled"),
        ):
            with pytest.raises(Invalid) as refused:
                await invited(visitor, values=values)
            assert refused.value.code == code
            assert set(refused.value.extra["faults"]) == set(values)  # type: ignore[arg-type]


async def test_form_asks_for_a_proof_of_work_where_its_channel_does(connection: Connection, short_folder: Path) -> None:
    """Only before the first page is kept; without scripts it says what is missing, and keeps what was filled in."""
    async with form(connection, short_folder, PREFILL) as visitor:
        channels = Channels(connection.database)
        changed = await channels.change(PROJECT, visitor.at.channel.id, 0, {"settings": {"altcha": True}})
        assert changed is not None
        first = await visitor.get("/f/project")
        while "data-challenge" not in first.html:  # the hub remembers a channel for a moment
            await asyncio.sleep(0.1)
            first = await visitor.get("/f/project")
        assert "needs JavaScript" in first.words
        refused = await visitor.send(first, ("agree", "yes"))
        assert (refused.status, "check against robots" in refused.words) == (422, True)
        assert re.search(r'value="yes" checked', refused.html)
        challenge = json.loads(unescape((re.search(r'data-challenge="([^"]*)"', refused.html) or [""])[1]))
        second = await visitor.send(refused, ("agree", "yes"), ("altcha", solved(challenge)))
        assert "Step 2 of 3" in second.words
        assert "data-challenge" not in second.html
        third = await visitor.send(second, ("name", "Sample"), ("role", "owner"), ("tools", "crm"))
        assert "Step 3 of 3" in third.words


async def test_plain_html_form_of_another_page_is_offered_with_its_answers(
    connection: Connection, short_folder: Path
) -> None:
    """A site's own fields, named as the questions, without a script: they are shown to be sent, and nothing is kept."""
    text = "flow: lead\nlang: en\nstart: {form: project}\nask:\n- name: text\n  text: Your name?\n"
    text += "- size: choice\n  text: How many?\n  options: {few: A few, many: Many}\noutcomes:\n- done: else\n"
    async with form(connection, short_folder, text) as visitor:
        url = f"{visitor.at.hub.address}/f/project?utm_source=blog"
        async with visitor.session.post(url, data={"name": "<b>Sample</b>", "size": "many", "other": "x"}) as answer:
            offered = Shown(answer.status, answer.url.path, await answer.text())
        assert offered.status == 200
        assert 'value="&lt;b&gt;Sample&lt;/b&gt;"' in offered.html
        assert re.search(r'value="many" checked', offered.html)
        assert "Look at your answers" in offered.words
        assert await visitor.conversations() == []
        last = await visitor.send(offered, ("name", "Sample"), ("size", "many"))
        assert "Your answers have been sent." in last.words
        async with visitor.session.post(url, data={"name": "x" * 70_000}) as answer:
            assert answer.status == 413


async def test_half_filled_form_counts_as_left_at_its_question(connection: Connection, short_folder: Path) -> None:
    """It is a session like any other: the figures of the flow say at which question it was left for good."""
    async with form(connection, short_folder) as visitor:
        second = await visitor.send(await visitor.get("/f/project"), ("agree", "yes"))
        await visitor.send(second, ("role", "owner"), ("tools", "crm"))
        since = {"$lte": visitor.at.hub.pipeline.clock.now()}
        await connection.database["timers"].update_many({"kind": "flow_close"}, {"$set": {"due_at": since["$lte"]}})
        figures = FlowFigures(connection.database)
        async with asyncio.timeout(10):
            while not (found := await figures.of(PROJECT, "lead")).left:
                await asyncio.sleep(0.1)
        assert (found.started, found.left) == (1, {"budget": 1})
