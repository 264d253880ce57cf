"""The demo phone: a page on which a person plays the customers of a bot, and the JSON behind it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from hub.demo.page_serving import FirstLook, Work, file_answer, files_of, json_answer, to_folder
from hub.demo.page_streams import PageStreams
from hub.demo.telegram.people import Person
from hub.demo.telegram.screen import bot_view, chat_view, message_view
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.wire import Refused, Wire
from hub.demo.telegram.world import Account, Bot, Happening
from hub.model.strict_json import BadJson, parse_json
from hub.web.problems import Refused as Problem

FOLDER = Path(__file__).parent / "phone"
PATH = "/demo/telegram"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
SHOWN_TYPES = frozenset({
    "image/png", "image/jpeg", "image/gif", "image/webp", "audio/ogg", "audio/mpeg", "audio/webm", "audio/wav",
    "video/mp4", "video/webm",
})  # fmt: skip
"""What a browser may show; everything else is downloaded."""
BODY_LIMIT_BYTES = 64 * 1024
FILE_LIMIT_BYTES = 50 * 1024 * 1024

Do = Callable[[Person, Mapping[str, Any]], Any]


class Phone:
    """The phone of all sample customers of one bot. `on_open` is awaited when the page is opened for the first time."""

    def __init__(
        self, simulator: TelegramSimulator, bot: Bot, people: Sequence[Account], on_open: Work | None = None
    ) -> None:
        self._first_look = FirstLook(on_open)
        self._world, self._bot, self._people = simulator.world, bot, people
        self._streams = PageStreams()
        self._world.watchers.append(self._show)

    def routes(self) -> Sequence[web.RouteDef]:
        """The page, its files and its JSON."""
        page = files_of(FOLDER, POLICY)
        return [
            web.get(PATH, to_folder(PATH)),
            web.get(f"{PATH}/", page),
            web.get(f"{PATH}/state", self._state),
            web.get(f"{PATH}/changes", self._streams.serve),
            web.post(f"{PATH}/do", self._do),
            web.post(f"{PATH}/files", self._send_file),
            web.get(PATH + "/files/{id}", self._file),
            web.get(f"{PATH}/{self._bot.username}", page),  # a link to the bot: the page reads `?start=`
            web.get(PATH + "/{name}", page),
        ]

    def close(self) -> None:
        """End the streams: the hub stops."""
        self._streams.close()

    @property
    def used(self) -> bool:
        """Whether a customer has ever written."""
        return any(self._bot.id in person.started for person in self._people)

    async def open(self) -> None:
        """The page is opened, or has been before this start."""
        await self._first_look()

    async def _state(self, _: web.Request) -> web.Response:
        await self.open()
        chats = [chat_view(self._bot, self._world.private_chat(self._bot, person)) for person in self._people]
        return json_answer({"bot": bot_view(self._bot), "now": self._world.now(), "chats": chats})

    # Changes ---------------------------------------------------------------------------------------------------------

    def _show(self, happening: Happening) -> None:
        chat = happening.chat
        if happening.bot is not self._bot or chat.account is None or chat.connection:
            return
        change: Wire = {"what": happening.what, "chat": chat.id, "payload": happening.payload}
        match happening.what:
            case "message" | "edited":
                change["payload"] = message_view(self._bot, chat, happening.payload)
                change["keyboard"] = chat.keyboard
            case "reaction" | "seen":
                message = chat.messages.get(happening.payload["message_id"])
                if message is None:
                    return
                change |= {"what": "edited", "payload": message_view(self._bot, chat, message)}
            case "chat":
                change["payload"] = chat_view(self._bot, chat)
            case _:
                pass
        self._streams.tell(change)

    # Acting ----------------------------------------------------------------------------------------------------------

    async def _do(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise Problem(415, "wrong_media_type", "Send JSON.")
        try:
            given = parse_json(await _body(request, BODY_LIMIT_BYTES))
        except BadJson as error:
            raise Problem(400, error.code, error.detail) from None
        act = ACTS.get(str(given.get("do"))) if isinstance(given, dict) else None
        if act is None or not isinstance(given, dict):
            raise Problem(400, "unknown_act", f"Say what to do: one of {', '.join(ACTS)}.")
        person = self._person(given.get("chat"))
        try:
            act(person, given)
        except (LookupError, TypeError, ValueError, Refused) as error:
            raise Problem(422, "not_possible", f"That cannot be done: {error}") from None
        return json_answer({"ok": True})

    async def _send_file(self, request: web.Request) -> web.Response:
        if request.content_type != "application/octet-stream":
            raise Problem(415, "wrong_media_type", "Send the file itself as application/octet-stream.")
        kind, query = request.query.get("kind", ""), request.query
        if kind not in ("photo", "video", "audio", "voice", "document", "sticker"):
            raise Problem(400, "unknown_kind", "kind is photo, video, audio, voice, document or sticker.")
        person = self._person(_number(query.get("chat")))
        content = await _body(request, FILE_LIMIT_BYTES)
        reply_to = person.chat.messages.get(_number(query.get("reply_to")))
        facts = {name: query[name] for name in ("duration", "mime_type", "width", "height") if name in query}
        album = {"media_group_id": query["album"]} if query.get("album", "").isdigit() else {}
        if not content:
            raise Problem(422, "empty_file", "The file is empty.")
        try:
            person.send_file(
                kind, content, query.get("name", ""), query.get("caption", "")[:1024], None, album, reply_to=reply_to,
                **facts,
            )  # fmt: skip
        except (ValueError, Refused):
            raise Problem(422, "no_picture", "That is no picture that can be shown. Send it as a file.") from None
        return json_answer({"ok": True})

    def _person(self, number: Any) -> Person:
        account = next((one for one in self._people if one.id == number), None)
        if account is None:
            raise Problem(404, "not_found", "There is no such customer.")
        return Person(self._world, account, self._world.private_chat(self._bot, account), self._bot)

    async def _file(self, request: web.Request) -> web.Response:
        file = self._world.files.by_id(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        return file_answer(file.content, file.mime_type, SHOWN_TYPES)


def _own(person: Person, given: Mapping[str, Any]) -> Wire:
    """The message that is meant. Raises `LookupError`."""
    message = person.chat.messages.get(given.get("message"))  # type: ignore[arg-type]  # any key may be asked for
    if message is None:
        raise LookupError("the message is not there any more")
    return message


def _placing(person: Person, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"reply_to": _own(person, {"message": given["reply_to"]})} if given.get("reply_to") else {}


def _say(person: Person, given: Mapping[str, Any]) -> None:
    text = str(given["text"]).strip()
    if not 1 <= len(text) <= 4096:
        raise ValueError("a text has 1 to 4096 characters")
    person.hide_keyboard_once()
    person.say(text, **_placing(person, given))


def _edit(person: Person, given: Mapping[str, Any]) -> None:
    message = _own(person, given)
    if message["from"]["id"] != person.account.id or not ("text" in message or "caption" in message):
        raise ValueError("only own texts can be changed")
    person.edit(message, str(given["text"]).strip()[:4096] or "?")


def _share_contact(person: Person, given: Mapping[str, Any]) -> None:
    person.hide_keyboard_once()
    person.share_contact(**_placing(person, given))


def _other_contact(person: Person, given: Mapping[str, Any]) -> None:
    person.send_contact(str(given["phone"])[:32], str(given["name"])[:64])


def _location(person: Person, given: Mapping[str, Any]) -> None:
    person.hide_keyboard_once()
    person.send_location(float(given["latitude"]), float(given["longitude"]))


def _react(person: Person, given: Mapping[str, Any]) -> None:
    emojis = [str(emoji) for emoji in given.get("emojis", [])][:1]
    person.react(_own(person, given), *emojis)


ACTS: Mapping[str, Do] = {
    "say": _say,
    "start": lambda person, given: person.start(str(given.get("payload", ""))[:64]),
    "edit": _edit,
    "delete": lambda person, given: person.delete(_own(person, given)),
    "press": lambda person, given: person.press(_own(person, given), str(given["data"])),
    "react": _react,
    "share_contact": _share_contact,
    "contact": _other_contact,
    "location": _location,
    "forward": lambda person, given: person.forward(_own(person, given)),
    "dice": lambda person, given: person.send_dice(),
    "poll": lambda person, given: person.send_poll(str(given["question"])[:300], [str(x) for x in given["options"]]),
    "block": lambda person, given: person.block(),
    "unblock": lambda person, given: person.unblock(),
}


async def _body(request: web.Request, limit_bytes: int) -> bytes:
    content = bytearray()
    async for piece in request.content.iter_any():
        content += piece
        if len(content) > limit_bytes:
            raise Problem(413, "too_big", f"That is larger than {limit_bytes} bytes.")
    return bytes(content)


def _number(raw: str | None) -> int:
    return int(raw) if raw and raw.lstrip("-").isdigit() and len(raw) < 19 else 0
