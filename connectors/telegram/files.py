"""The files of a raw message, still to be fetched. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from connectors.errors import PayloadInvalid
from connectors.reasons import sentence, why
from connectors.text import clean_name
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.ids import AttachmentId, derived_id
from hub.model.why import Why

DOWNLOAD_BYTES = 20 * 1024**2
"""What Telegram gives to bots at most: `MAX_DOWNLOAD_FILE_SIZE` of its server."""


class _Kind(NamedTuple):
    media_type: str
    ending: str


# The order matters: an animation comes as a document too.
KINDS: Mapping[str, _Kind] = {
    "animation": _Kind("video/mp4", ".mp4"),
    "document": _Kind("application/octet-stream", ""),
    "video": _Kind("video/mp4", ".mp4"),
    "video_note": _Kind("video/mp4", ".mp4"),
    "voice": _Kind("audio/ogg", ".ogg"),
    "audio": _Kind("audio/mpeg", ".mp3"),
    "sticker": _Kind("image/webp", ".webp"),
}


def files_of(message: Mapping[str, Any], name: str) -> tuple[AttachmentRef, ...]:
    """The file of the message called `name`, or none. One message of Telegram has at most one."""
    photo = message.get("photo")
    if photo:
        return (_ref("photo", _largest(photo), _Kind("image/jpeg", ""), name),)
    for kind, usual in KINDS.items():
        body = message.get(kind)
        if isinstance(body, dict):
            return (_ref(kind, body, usual, name),)
    return ()


def _largest(sizes: Any) -> Mapping[str, Any]:
    """The largest size of a photo that a bot may have."""
    if not isinstance(sizes, list) or not all(isinstance(size, dict) for size in sizes):
        raise PayloadInvalid("`photo` is no list of sizes.")
    fitting = [size for size in sizes if _size(size) <= DOWNLOAD_BYTES] or sizes
    return max(fitting, key=lambda size: (_number(size, "width") * _number(size, "height"), _size(size)))


def _ref(kind: str, body: Mapping[str, Any], usual: _Kind, name: str) -> AttachmentRef:
    file_id, unique = body.get("file_id"), body.get("file_unique_id")
    if not isinstance(file_id, str) or not isinstance(unique, str) or not file_id:
        raise PayloadInvalid(f"`{kind}` has no file.")
    size = _size(body)
    too_big = size > DOWNLOAD_BYTES
    given, media_type = body.get("file_name"), body.get("mime_type")
    ending = _sticker_ending(body) if kind == "sticker" else usual.ending
    number = name.rpartition(":")[2]
    return AttachmentRef(
        id=AttachmentId(derived_id("telegram", name, unique)),
        name=(clean_name(given) if isinstance(given, str) else "") or f"{kind}_{number}{ending}",
        media_type=(clean_name(media_type) if isinstance(media_type, str) else "") or usual.media_type,
        size_bytes=size,
        status=AttachmentStatus.FAILED if too_big else AttachmentStatus.PENDING,
        reason=sentence(too_big_reason(size)) if too_big else None,
        source=None if too_big else file_id,
    )


def too_big_reason(size: int | None) -> Why:
    """What an operator reads about a file over the limit."""
    if size:
        return why("telegram_file_of_size", size=f"{size / 1024**2:.0f}")
    return why("telegram_file_too_big")


def _sticker_ending(body: Mapping[str, Any]) -> str:
    if body.get("is_video") is True:
        return ".webm"
    return ".tgs" if body.get("is_animated") is True else ".webp"


def _size(body: Mapping[str, Any]) -> int:
    return _number(body, "file_size")


def _number(body: Mapping[str, Any], key: str) -> int:
    value = body.get(key, 0)
    if type(value) is not int or not 0 <= value < 2**53:
        raise PayloadInvalid(f"`{key}` of a file is no size.")
    return value
