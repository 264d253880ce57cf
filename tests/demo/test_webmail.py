"""The JSON behind the demo's webmail: what the page loads, and what it sends."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from connectors.email.mime import read_mail
from hub.demo.mail.post_office import Letter, Owner, PostOffice
from hub.demo.mail.webmail import PATH, Webmail
from tests.demo.telegram_wire import PNG
from tests.serving import serving, surrounded

SHOP, CUSTOMER = "shop@example.test", "customer@example.org"


@dataclass
class Page:
    """The webmail behind a web server."""

    office: PostOffice
    http: aiohttp.ClientSession
    url: str
    opened: int = 0

    async def send(self, **letter: Any) -> tuple[int, Any]:
        """Send a letter as the customer; status and answer."""
        body = {"box": CUSTOMER, "to": [SHOP], "subject": "Hello", "text": "Hi", **letter}
        async with self.http.post(f"{self.url}/send", json=body) as answer:
            return answer.status, await answer.json()

    async def threads(self) -> list[dict[str, Any]]:
        """The customer's talks as the page loads them."""
        async with self.http.get(f"{self.url}/state") as answer:
            found: list[dict[str, Any]] = (await answer.json())["boxes"][0]["threads"]
            return found

    async def get(self, path: str) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self.http.get(f"{self.url}/{path}") as answer:
            return answer, await answer.read()


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    office = PostOffice(tmp_path, [Owner(SHOP, "Shop"), Owner(CUSTOMER, "Customer, Sample", "ru")])
    office.load()

    async def on_open() -> None:
        shown.opened += 1

    webmail = Webmail(office, office.boxes[SHOP], on_open)
    application = surrounded()
    application.add_routes(webmail.routes())
    async with serving(application) as url, aiohttp.ClientSession() as http:
        shown = Page(office, http, f"{url}{PATH}")
        yield shown
        webmail.close()


async def test_a_letter_with_a_file_reaches_the_shop(page: Page) -> None:
    """As mail programs write it: text, HTML and the file, from the customer, in the program's language."""
    picture = {"name": "лампа.png", "media_type": "image/png", "content": base64.b64encode(PNG).decode()}
    assert (await page.send(text="Здравствуйте!\n\n> раньше\nсейчас", files=[picture]))[0] == 200
    mail = read_mail(page.office.boxes[SHOP].letters[1].raw())
    assert (mail.sender.address, mail.sender.name) == (CUSTOMER, "Customer, Sample") if mail.sender else False
    assert mail.text == "Здравствуйте!\n\n> раньше\nсейчас\n"
    assert '<blockquote type="cite"><div>раньше</div></blockquote>' in (mail.html or "")
    assert [(file.name, file.content) for file in mail.files] == [("лампа.png", PNG)]
    assert mail.header("content-language") == "ru"
    assert mail.header("authentication-results") == "mail.example.test; dmarc=pass"


async def test_answers_stand_in_one_talk(page: Page) -> None:
    """An answer from the shop joins the letter it answers, its quotation apart; so does the customer's answer to it."""
    await page.send(subject="A lamp")
    first = page.office.boxes[CUSTOMER].letters[1]
    message_id = read_mail(first.raw()).message_id
    answer = (
        f"From: Shop <{SHOP}>\r\nTo: {CUSTOMER}\r\nSubject: Re: A lamp\r\nMessage-ID: <a@example.test>\r\n"
        f"Reply-To: shop+token@example.test\r\nIn-Reply-To: {message_id}\r\n\r\n"
        f"We have it.\r\n\r\n26.11.2026 10:00, Customer <{CUSTOMER}>:\r\n> Hi\r\n"
    )
    page.office.deliver(answer.encode(), [CUSTOMER], "pass")
    assert (await page.send(to=["shop+token@example.test"], subject="Re: A lamp", answers=2))[0] == 200
    (thread,) = await page.threads()
    assert [(letter["uid"], letter["sent"], letter["text"]) for letter in thread["letters"]] == [
        (1, True, "Hi"), (2, False, "We have it."), (3, True, "Hi"),
    ]  # fmt: skip
    assert thread["letters"][1]["reply_to"]["address"] == "shop+token@example.test"
    got = read_mail(page.office.boxes[SHOP].letters[2].raw())
    assert got.references == (message_id, "<a@example.test>")
    await page.send(subject="Another matter")
    assert [one["subject"] for one in await page.threads()] == ["Another matter", "A lamp"]


@pytest.mark.parametrize(
    ("letter", "status"),
    [
        ({"to": ["nobody@example.test"]}, 422),
        ({"box": SHOP}, 404),
        ({"to": []}, 422),
        ({"text": 5}, 422),
        ({"answers": 99}, 404),
        ({"files": [{"name": "a", "content": "no base64!"}]}, 422),
    ],
)
async def test_a_letter_that_cannot_be_sent_is_refused_with_words(
    page: Page, letter: dict[str, Any], status: int
) -> None:
    answered, problem = await page.send(**letter)
    assert answered == status
    assert len(problem["detail"]) > 10
    assert not page.office.boxes[SHOP].letters


async def test_a_line_end_in_a_header_makes_no_other_header(page: Page) -> None:
    assert (await page.send(subject="Hello\r\nBcc: nobody@example.org"))[0] == 200
    mail = read_mail(page.office.boxes[SHOP].letters[1].raw())
    assert mail.subject == "Hello Bcc: nobody@example.org"
    assert mail.header("bcc") is None


async def test_html_is_shown_without_scripts_and_in_a_cage(page: Page) -> None:
    """The frame may load nothing and run nothing, and what a mail brings for that is taken out before."""
    raw = (
        f"From: {SHOP}\r\nTo: {CUSTOMER}\r\nContent-Type: text/html\r\n\r\n"
        '<b onclick="x()">Hello</b><script>x()</script><img src="https://example.org/spy.png">'
    )
    page.office.deliver(raw.encode(), [CUSTOMER], "pass")
    answer, body = await page.get(f"html/{CUSTOMER}/1")
    assert (b"<b>Hello</b>" in body, b"script" in body, b"spy" in body) == (True, False, False)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


async def test_files_are_downloaded_and_only_pictures_shown(page: Page) -> None:
    files = [
        {"name": "a.png", "media_type": "image/png", "content": base64.b64encode(PNG).decode()},
        {"name": "b.html", "media_type": "text/html", "content": base64.b64encode(b"<script>").decode()},
    ]
    await page.send(files=files)
    answer, body = await page.get(f"files/{CUSTOMER}/1/0")
    assert (answer.content_type, body) == ("image/png", PNG)
    answer, body = await page.get(f"files/{CUSTOMER}/1/1")
    assert (answer.content_type, body) == ("application/octet-stream", b"<script>")
    assert answer.headers["Content-Disposition"] == "attachment"
    for path in (f"files/{CUSTOMER}/1/2", f"files/{CUSTOMER}/9/0", f"files/{SHOP}/1/0", "../seed.py", "webmail.py"):
        assert (await page.get(path))[0].status == 404, path


async def test_letters_may_come_while_others_are_read(page: Page) -> None:
    """Reading takes a thread and its time; what comes meanwhile is shown the next time."""
    await page.send(subject="The first")
    box = page.office.boxes[CUSTOMER]
    first = box.letters[1]

    class SlowLetter(Letter):
        def raw(self) -> bytes:
            box.add(first.raw().replace(b"The first", b"The second"))
            return first.raw()

    box.letters[1] = SlowLetter(first.uid, first.sent, first.size_bytes, first.path)
    assert [len(thread["letters"]) for thread in await page.threads()] == [1]
    assert [len(thread["letters"]) for thread in await page.threads()] == [2]


async def test_the_mail_is_switched_on_by_the_first_look_alone(page: Page) -> None:
    assert page.opened == 0
    await page.threads()
    await page.threads()
    assert page.opened == 1
