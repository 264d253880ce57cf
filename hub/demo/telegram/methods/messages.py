"""Sending: texts, files, albums and everything else that becomes a message."""

from collections.abc import Mapping
from typing import Any

from hub.demo.telegram.arguments import Arguments
from hub.demo.telegram.calls import Call, Handler
from hub.demo.telegram.files import StoredFile
from hub.demo.telegram.media import PHOTO_LIMIT_BYTES, message_media
from hub.demo.telegram.posting import deliver, prepare
from hub.demo.telegram.wire import Wire, bad_request, without_empty

FACTS = ("width", "height", "duration", "length", "title", "performer", "emoji")
_ACTION_WORDS = (
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker "
    "find_location record_video_note upload_video_note"
)
ACTIONS = frozenset(_ACTION_WORDS.split())


def send_message(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#sendmessage."""
    place = prepare(call)
    content = call.text()
    options = call.arguments.json("link_preview_options", "link preview options")
    if isinstance(options, dict) and options:
        content["link_preview_options"] = options
    return deliver(call, place, content)


def _sender(kind: str) -> Handler:
    def send_media(call: Call) -> Wire:
        place = prepare(call)
        file = input_file(call, kind, call.arguments.text(kind), kind)
        facts = {name: call.arguments.text(name) for name in FACTS if call.arguments.text(name)}
        content = message_media(call.world.files, file, facts)
        if kind not in ("sticker", "video_note"):
            content |= call.caption()
        if call.arguments.flag("has_spoiler"):
            content["has_media_spoiler"] = True
        return deliver(call, place, content)

    return send_media


def send_media_group(call: Call) -> list[Wire]:
    """https://core.telegram.org/bots/api#sendmediagroup."""
    place = prepare(call)
    given = call.arguments.json("media", "media")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise bad_request("media must be an Array of InputMedia")
    if not 2 <= len(given) <= 10:
        raise bad_request(
            "there must be from 2 to 10 media in an album" if given else "there are no media in the request"
        )
    kinds = {one.get("type") for one in given}
    if not (kinds <= {"photo", "video"} or kinds in ({"audio"}, {"document"})):
        raise bad_request("can't use the media type in the album")
    contents = [media_content(call, one) for one in given]
    album = str(call.world.rng.randrange(10**16, 10**17))
    call.bot.flood.take(place.chat.id, len(contents))
    return [deliver(call, place, {"media_group_id": album, **one}, counted=True) for one in contents]


def media_content(call: Call, given: Wire) -> Wire:
    """The fields of a message for one InputMedia. Raises `Refused`."""
    kind = str(given.get("type"))
    file = input_file(call, kind, str(given.get("media", "")), kind)
    caption = Call(call.world, call.bot, _caption_arguments(given), call.poller, call.webhooks).caption()
    return message_media(call.world.files, file, given) | caption


def _caption_arguments(given: Wire) -> Arguments:
    from hub.demo.telegram.arguments import from_mapping

    return from_mapping({name: given.get(name) for name in ("caption", "parse_mode", "caption_entities")})


def input_file(call: Call, kind: str, given: str, field: str) -> StoredFile:
    """The file that an argument names: an upload, `attach://name`, or a known file_id. Raises `Refused`."""
    name = given.removeprefix("attach://") if given.startswith("attach://") else field
    upload = call.arguments.files.get(name)
    if upload is not None and (not given or given.startswith("attach://")):
        if not upload.content:
            raise bad_request("file must be non-empty")
        if kind == "photo" and len(upload.content) > PHOTO_LIMIT_BYTES:
            raise bad_request("file of size {len} bytes is too big for a photo; the maximum size is 10485760 bytes")
        return call.world.files.add(kind, upload.content, upload.name, upload.content_type)
    if not given:
        raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
    if given.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")  # the simulator calls no address of others
    known = call.world.files.by_id(given)
    if known is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if known.kind != kind and not (kind == "document" and known.kind != "photo"):
        raise bad_request(f"can't use file of type {known.kind.title()} as {kind.title()}")
    return known


def send_location(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#sendlocation."""
    return deliver(call, prepare(call), {"location": _location(call)})


def send_venue(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#sendvenue."""
    place = prepare(call)
    venue = {"location": _location(call), **_required(call, "title", "address")}
    return deliver(call, place, {"location": venue["location"], "venue": venue})


def _location(call: Call) -> Wire:
    latitude, longitude = call.arguments.number("latitude", 1e9), call.arguments.number("longitude", 1e9)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("wrong location specified")
    return {"latitude": latitude, "longitude": longitude}


def send_contact(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#sendcontact."""
    place = prepare(call)
    contact = _required(call, "phone_number", "first_name")
    optional = {name: call.arguments.text(name) for name in ("last_name", "vcard")}
    return deliver(call, place, {"contact": contact | without_empty(optional)})


def send_poll(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#sendpoll."""
    place = prepare(call)
    question = _required(call, "question")["question"]
    given = call.arguments.json("options", "options")
    texts = [one.get("text") if isinstance(one, dict) else one for one in given] if isinstance(given, list) else []
    if len(question) > 300:
        raise bad_request("poll question length must not exceed 300")
    if not 1 <= len(texts) <= 12:
        raise bad_request("poll must have at least 1 option" if not texts else "poll can't have more than 12 options")
    return deliver(call, place, {"poll": poll(call.world.rng.randrange(10**17, 10**18), question, texts)})


def poll(number: int, question: str, options: list[Any]) -> Wire:
    """A Poll object that nobody has voted in."""
    return {
        "id": str(number), "question": question, "is_closed": False, "is_anonymous": True, "type": "regular",
        "allows_multiple_answers": False, "total_voter_count": 0, "allows_revoting": True, "members_only": False,
        "options": [
            {"persistent_id": str(index), "text": str(text), "voter_count": 0} for index, text in enumerate(options)
        ],
    }  # fmt: skip


def send_dice(call: Call) -> Wire:
    """https://core.telegram.org/bots/api#senddice."""
    place = prepare(call)
    emoji = call.arguments.text("emoji", "🎲")
    faces = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}
    if emoji not in faces:
        raise bad_request("wrong dice emoji")
    return deliver(call, place, {"dice": {"emoji": emoji, "value": call.world.rng.randint(1, faces[emoji])}})


def send_chat_action(call: Call) -> bool:
    """https://core.telegram.org/bots/api#sendchataction."""
    chat = call.writable_chat()
    action = call.arguments.text("action")
    if action.lower() not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    call.world.show("typing", call.bot, chat, {"action": action.lower()})
    return True


def _required(call: Call, *names: str) -> dict[str, str]:
    found = {name: call.arguments.text(name) for name in names}
    for name, value in found.items():
        if not value.strip():
            raise bad_request(f"{name.replace('_', ' ')} is empty")
    return found


MEDIA = ("photo", "video", "animation", "audio", "voice", "document", "sticker")
METHODS: Mapping[str, Handler] = {
    "sendmessage": send_message, "sendmediagroup": send_media_group, "sendlocation": send_location,
    "sendvenue": send_venue, "sendcontact": send_contact, "sendpoll": send_poll, "senddice": send_dice,
    "sendchataction": send_chat_action, "sendvideonote": _sender("video_note"),
    **{f"send{kind}": _sender(kind) for kind in MEDIA},
}  # fmt: skip
