"""The demo's webmail: a page on which a person plays the customers who write to a mailbox, and the JSON behind it."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from aiohttp import web
from pydantic import Field, TypeAdapter

from connectors.email.html_view import html_view
from connectors.email.mime import read_mail
from connectors.errors import PayloadInvalid
from hub.demo.mail.compose import Draft, compose
from hub.demo.mail.letters import Reading
from hub.demo.mail.post_office import Box, Letter, PostOffice
from hub.demo.page_serving import FirstLook, Work, file_answer, files_of, json_answer, to_folder
from hub.demo.page_streams import PageStreams
from hub.model.base import Written
from hub.model.ids import new_id
from hub.web.body import Limits, read_model
from hub.web.problems import Refused

FOLDER = Path(__file__).parent / "page"
PATH = "/demo/mail"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HTML_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups "
    "allow-popups-to-escape-sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
FILES_BYTES = 10 * 1024**2
BODY = Limits(size_bytes=FILES_BYTES * 4 // 3 + 1024 * 1024, timeout_s=60)

Address = Annotated[str, Field(min_length=3, max_length=320)]


class SentFile(Written):
    """A file of a mail, its bytes in base64."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    media_type: Annotated[str, Field(max_length=100)] = ""
    content: str


class SentMail(Written):
    """What the page sends. `answers` is the UID of the letter that is answered."""

    box: Address
    to: Annotated[tuple[Address, ...], Field(min_length=1, max_length=20)]
    cc: Annotated[tuple[Address, ...], Field(max_length=20)] = ()
    subject: Annotated[str, Field(max_length=500)] = ""
    text: Annotated[str, Field(max_length=200_000)] = ""
    answers: int | None = None
    files: Annotated[tuple[SentFile, ...], Field(max_length=10)] = ()


_SENT_MAIL = TypeAdapter(SentMail)


class Webmail:
    """The mailboxes of all sample customers. `on_open` is awaited when the page is opened for the first time."""

    def __init__(self, office: PostOffice, shop: Box, on_open: Work | None = None) -> None:
        self._office, self._shop, self._first_look = office, shop, FirstLook(on_open)
        self._people = [box for box in office.boxes.values() if box is not shop]
        self._reading = Reading()
        self._streams = PageStreams()
        office.watchers.append(self._tell)

    def routes(self) -> Sequence[web.RouteDef]:
        """The page, its files and its JSON."""
        page = files_of(FOLDER, POLICY)
        return [
            web.get(PATH, to_folder(PATH)),
            web.get(f"{PATH}/", page),
            web.get(f"{PATH}/state", self._state),
            web.get(f"{PATH}/changes", self._streams.serve),
            web.post(f"{PATH}/send", self._send),
            web.get(PATH + "/html/{box}/{uid}", self._html),
            web.get(PATH + "/files/{box}/{uid}/{number}", self._file),
            web.get(PATH + "/{name}", page),
        ]

    @property
    def used(self) -> bool:
        """Whether a customer has ever written."""
        return any(box.letters for box in self._office.boxes.values())

    def close(self) -> None:
        """End the streams: the hub stops."""
        self._streams.close()

    async def open(self) -> None:
        """The page is opened, or has been before this start."""
        await self._first_look()

    async def _state(self, _: web.Request) -> web.Response:
        await self.open()
        boxes = [
            {"address": box.address, "name": box.name, "threads": await asyncio.to_thread(self._reading.threads, box)}
            for box in self._people
        ]
        return json_answer({"shop": {"address": self._shop.address, "name": self._shop.name}, "boxes": boxes})

    # Changes ---------------------------------------------------------------------------------------------------------

    def _tell(self, box: Box) -> None:
        """Something is new in a mailbox: pages are told its address."""
        self._streams.tell(box.address)

    # Writing ---------------------------------------------------------------------------------------------------------

    async def _send(self, request: web.Request) -> web.Response:
        given = await read_model(request, _SENT_MAIL, BODY)
        box = self._person(given.box)
        recipients = [*given.to, *given.cc]
        unknown = [address for address in recipients if self._office.box_of(address) is None]
        if unknown:
            there = ", ".join(self._office.boxes)
            raise Refused(422, "no_mailbox", f"The demo has no mailbox {', '.join(unknown)}. There are: {there}.")
        draft = self._draft(box, given)
        message_id = f"<{new_id()}@{box.address.rpartition('@')[2]}>"
        try:
            raw = compose(draft, message_id, datetime.now(UTC))
        except (ValueError, IndexError) as error:
            raise Refused(422, "cannot_be_written", f"No mail can be made of that: {error}") from None
        try:
            letter = self._office.put(box, raw, sent=True)
            self._office.deliver(raw, recipients, "pass")
        except OSError:
            raise Refused(507, "no_room", "The disk has no room for this mail.") from None
        return json_answer({"uid": letter.uid})

    def _draft(self, box: Box, given: SentMail) -> Draft:
        answered = self._letter(box, given.answers) if given.answers is not None else None
        before = read_mail(answered.raw()) if answered else None
        return Draft(
            (box.name, box.address), given.to, given.cc, given.subject, given.text,
            files=_decoded(given.files),
            answers=before.message_id if before else None,
            references=before.references if before else (),
            language=box.language,
        )  # fmt: skip

    # Reading ---------------------------------------------------------------------------------------------------------

    def _person(self, address: str) -> Box:
        found = next((box for box in self._people if box.address == address.lower()), None)
        if found is None:
            raise Refused(404, "not_found", "There is no such customer.")
        return found

    def _letter(self, box: Box, uid: int) -> Letter:
        letter = box.letters.get(uid)
        if letter is None:
            raise Refused(404, "not_found", "This mail is not there any more.")
        return letter

    def _asked(self, request: web.Request) -> Letter:
        return self._letter(self._person(request.match_info["box"]), _number(request.match_info["uid"]))

    async def _html(self, request: web.Request) -> web.Response:
        raw = self._asked(request).raw()
        try:
            shown = await asyncio.to_thread(html_view, raw, remote_images=False)
        except PayloadInvalid:
            shown = None
        if shown is None:
            raise Refused(404, "not_found", "This mail has no HTML that can be shown.")
        headers = {"Content-Security-Policy": HTML_POLICY, "Cache-Control": "no-store"}
        return web.Response(text=shown.html, content_type="text/html", headers=headers)

    async def _file(self, request: web.Request) -> web.Response:
        mail = await asyncio.to_thread(read_mail, self._asked(request).raw())
        number = _number(request.match_info["number"])
        if not 0 <= number < len(mail.files):
            raise Refused(404, "not_found", "This mail has no such file.")
        file = mail.files[number]
        return file_answer(file.content, file.media_type, SHOWN_TYPES)


def _decoded(files: Sequence[SentFile]) -> Sequence[tuple[str, str, bytes]]:
    try:
        decoded = [(file.name, file.media_type, base64.b64decode(file.content, validate=True)) for file in files]
    except binascii.Error:
        raise Refused(422, "no_base64", "Send each file's bytes in base64.") from None
    if sum(len(content) for _, _, content in decoded) > FILES_BYTES:
        raise Refused(413, "too_big", f"The files are larger than {FILES_BYTES} bytes together.")
    return decoded


def _number(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else -1
