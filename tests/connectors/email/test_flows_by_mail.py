"""Questionnaires by mail: through a real Postfix to the customer, and the customer's answers back through it."""

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import aiohttp

from connectors.email.mime import Mail
from flows.session import State
from hub.model.attachment import AttachmentRef
from hub.model.conversation import Control, ControlReason, Conversation
from hub.model.flow import FlowVersion, Source, StartOn, StartRule
from hub.model.ids import new_id
from hub.model.message import Direction
from hub.model.project import Project
from hub.services.attachments import Attachments
from hub.services.commands import Reply
from hub.store.attachments import Attachments as AttachmentStore
from hub.store.blobs import Blobs
from hub.store.connection import Connection
from hub.store.flow_versions import FlowVersions, version_id
from hub.store.projects import Projects
from tests.connectors.doubles import NOON
from tests.connectors.email.shop import Shop, conversations, eventually
from tests.connectors.test_in_the_hub import OPERATOR, PROJECT, Site, site

FLOWS = Path("config/flows")
ANSWERS = {
    "Кем вы работаете?": "Финдиректор", "Сколько у вас сотрудников?": "120",
    "Чем пользуетесь для общения с клиентами?": "почта", "К какой дате хотите запустить?": "-",
    "Какой бюджет на год, в рублях?": "2 млн", "Что важнее всего? Не больше двух": "API",
    "Опишите задачу своими словами": "Отвечать быстрее", "Есть техзадание? Пришлите файл": "-", "Где ваш офис?": "-",
    "Телефон для связи?": "8 912 345-67-89", "Почта для предложения?": "да",
}  # fmt: skip
NUMBERED = re.compile(r"^(\d+)\. (.+)$")
FINISHED = "Специалист свяжется"


def shipped(name: str) -> FlowVersion:
    """A flow that comes with the hub, published."""
    files = [file for file in (FLOWS / f"{name}.yml", FLOWS / f"{name}.en.yml") if file.exists()]
    return FlowVersion(
        id=version_id(PROJECT, name, 1, 0), project=PROJECT, flow=name, version=1, title=name, sha256="", at=NOON,
        sources=tuple(Source(name=file.name, text=file.read_text()) for file in files),
    )  # fmt: skip


@asynccontextmanager
async def surveyed(connection: Connection, folder: Path, shop: Shop, flow: str) -> AsyncIterator[Site]:
    """A mailbox whose first mails begin a flow of the shipped ones."""
    await Projects(connection.database).put(Project(id=PROJECT, name="Test", locale="ru", created_at=NOON))
    for name in (flow, "callback"):
        await FlowVersions(connection.database).add(shipped(name))
    rules = (StartRule(flow=flow, on=StartOn.FIRST_MESSAGE),)
    async with site(connection, folder, "email", settings=shop.settings(), flows=rules) as at:
        yield at


async def send(shop: Shop, asked: Mail, text: str) -> None:
    """The customer answers on top of the mail, as their program quotes it, through Postfix."""
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = shop.customer, asked.reply_to[0].address, f"Re: {asked.subject}"
    answer["Message-ID"], answer["In-Reply-To"] = f"<{new_id()}@example.test>", asked.message_id
    quoted = "\n".join(f"> {line}".rstrip() for line in (asked.text or "").splitlines())
    answer.set_content(f"{text}\n\nпн, 23 нояб. 2026 г. в 10:00, Shop <{shop.address}>:\n{quoted}\n")

    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", shop.servers.submission) as smtp:
            smtp.send_message(answer)

    await asyncio.to_thread(submit)


def answers_to(asked: Mail, answers: Mapping[str, str]) -> str:
    """What stands in the mail answered by number, or alone where it asks one thing."""
    own = (asked.text or "").partition("\n> ")[0]
    numbered = {match[1]: match[2] for line in own.splitlines() if (match := NUMBERED.match(line))}
    if any(text in answers for text in numbered.values()):
        return "\n".join(f"{number}: {answers[text]}" for number, text in numbered.items())
    return next((answer for question, answer in answers.items() if question in own), "да")


async def test_a_survey_is_answered_by_mail(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """One part a mail, its questions once; answers by number above the quoted mail, which is no answer itself."""
    async with surveyed(connection, short_folder, shop, "b2b") as at:
        shop.write("Здравствуйте, нужна заявка", Subject="Заявка")
        mails = 0
        async with asyncio.timeout(180):
            while True:
                mails += 1
                asked = (await shop.received(mails))[mails - 1]
                text = asked.text or ""
                if FINISHED in text:
                    break
                assert asked.header("auto-submitted") == "auto-replied"
                own = text.partition("\n> ")[0]
                for question in ANSWERS:
                    assert own.count(question) <= 1
                await send(shop, asked, answers_to(asked, ANSWERS))
        assert mails == 6  # consent, three parts, the known address, the end

        async def listed() -> Conversation | None:  # the list comes behind what was sent
            [found] = await conversations(at)
            return found if found.control is Control.QUEUE else None

        conversation: Conversation = await eventually(listed)
        assert conversation.control_reason is ControlReason.FLOW_ESCALATED
        sessions = at.hub.connection.database["flow_sessions"]
        session = await sessions.find_one({"conversation": conversation.id})
        assert session is not None
        assert session["state"] == State.DONE
        assert session["outcome"] == "hot"
        await _goes_on_with_a_person(at, conversation, shop, mails)


async def _goes_on_with_a_person(at: Site, conversation: Conversation, shop: Shop, mails: int) -> None:
    """Who was passed on gets an operator's answer with a file, as no program's, and the reply joins the thread."""
    file = await _uploaded(at, "Смета на год.txt", b"12 kettles")
    answer = Reply(text="Вот смета.", attachments=(file,), seen_position=0, confirm=True)
    await at.hub.pipeline.turns.act(OPERATOR, conversation.id, answer, new_id())
    # Before it comes what the flow says out of hours.
    received = (await shop.received(mails + 2))[-1]
    [*earlier, newest] = received.references
    assert newest == received.header("in-reply-to")
    assert len(earlier) >= mails
    assert [(one.name, one.content) for one in received.files] == [("Смета на год.txt", b"12 kettles")]
    assert received.header("auto-submitted") is None
    await send(shop, received, "Подходит.")

    async def joined() -> bool:
        last = await at.hub.pipeline.messages.newest(conversation.id)
        return last is not None and (last.direction, last.text) == (Direction.IN, "Подходит.")

    await eventually(joined)
    await conversations(at, 1)


async def _uploaded(at: Site, name: str, content: bytes) -> AttachmentRef:
    """A file of the operator's, as the web takes it in."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    database, pipeline = at.hub.connection.database, at.hub.pipeline
    files = Attachments(AttachmentStore(database), Blobs(database), pipeline.conversations, pipeline.clock)
    return await files.take(PROJECT, f"operator:{OPERATOR.operator}", name, pieces())


async def test_the_questions_can_be_answered_on_a_page_too(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """The first mail says where; the page asks what the mail asks, and nobody gets the link a second time."""
    async with surveyed(connection, short_folder, shop, "b2b") as at:
        shop.write("Hello", Subject="Hello")
        [first] = await shop.received(1)
        found = re.search(r"/f/b2b/\S+", first.text or "")
        assert found is not None
        async with aiohttp.ClientSession() as http, http.get(at.hub.address + found[0]) as page:
            assert page.status == 200
            assert "Согласны на обработку персональных данных?" in await page.text()
        shop.write("да", Subject="Re: Hello", In_Reply_To=first.message_id or "")
        second = (await shop.received(2))[-1]
        assert "/f/b2b/" not in (second.text or "").partition("\n> ")[0]


async def test_a_quoted_answer_is_none(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """Who sends the mail back with nothing new is asked again, although every question stands in the quotation."""
    async with surveyed(connection, short_folder, shop, "b2b") as at:
        shop.write("Добрый день", Subject="Да")
        [asked] = await shop.received(1)
        await send(shop, asked, "")
        again = (await shop.received(2))[1]
        assert "Согласны на обработку" in (again.text or "").partition("\n> ")[0]
        [conversation] = await conversations(at)
        assert conversation.control is Control.BOT


async def test_a_robot_that_answers_every_mail_is_left_to_people(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """No header tells; it is known by what it does, a note says so, and nothing more is sent."""
    async with surveyed(connection, short_folder, shop, "nps") as at:
        shop.write("We have received your mail, ticket 1 is open", Subject="Ticket")
        answered = 0

        async def silent() -> bool:
            nonlocal answered
            [conversation] = await conversations(at)
            if conversation.control is Control.QUEUE:
                return True
            mails = await asyncio.to_thread(shop.servers.mails, shop.customer)
            if len(mails) > answered:
                asked = (await shop.received(len(mails)))[-1]
                answered = len(mails)
                await send(shop, asked, f"We have received your mail, ticket {answered + 1} is open")
            return False

        await eventually(silent)
        [conversation] = await conversations(at)
        found = await at.hub.pipeline.messages.window(conversation.id)
        notes = [one.text for one in found if one.direction is Direction.NOTE]
        assert answered <= 4
        assert any("программа" in text or "program" in text for text in notes)
        assert conversation.control_reason is ControlReason.AUTOMATIC


async def test_an_address_is_greeted_once_a_day(connection: Connection, short_folder: Path, shop: Shop) -> None:
    """However many conversations it begins."""
    async with site(connection, short_folder, "email", settings=shop.settings(), greeting="Thank you!") as at:
        shop.write("About the kettle", Subject="Kettle")
        await shop.received(1)
        shop.write("About the clock", Subject="Clock")
        await conversations(at, 2)
        await eventually(partial(_decided, at))
        rows = at.hub.connection.database["messages"]
        assert await rows.count_documents({"direction": "out"}) == 1


async def _decided(at: Site) -> bool:
    return not await at.hub.connection.database["messages"].count_documents({"undecided": True})
