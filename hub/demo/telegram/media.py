"""The media of a message: from bytes to the objects of the Bot API."""

from collections.abc import Mapping
from typing import Any

from hub.demo.telegram.files import Files, StoredFile, picture_size
from hub.demo.telegram.wire import Wire, bad_request, without_empty

MIME_TYPES = {
    "video": "video/mp4", "animation": "video/mp4", "audio": "audio/mpeg", "voice": "audio/ogg",
    "video_note": "video/mp4", "sticker": "image/webp", "photo": "image/jpeg",
}  # fmt: skip
PHOTO_LIMIT_BYTES = 10 * 1024 * 1024
PHOTO_SIZES = (90, 320, 1280)


def message_media(files: Files, file: StoredFile, facts: Mapping[str, Any]) -> Wire:
    """The fields of a message that carries this file. `facts`: width, height, duration, title, performer and such.

    Raises `Refused` for a photo that is no picture.
    """
    if file.kind == "photo":
        return {"photo": _photo_sizes(files, file)}
    media = _described(file, facts)
    if file.kind == "animation":  # the same file stands in both fields, for bots that know no animations
        document = {name: media[name] for name in _PLAIN if name in media}
        return {"animation": media, "document": document}
    return {file.kind: media}


_PLAIN = ("file_id", "file_unique_id", "file_name", "mime_type", "file_size")


def _photo_sizes(files: Files, file: StoredFile) -> list[Wire]:
    size = picture_size(file.content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = size
    if not width or not height or width + height > 10_000 or max(size) > 20 * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    longest = max(width, height)
    shown = [bound for bound in PHOTO_SIZES if bound < longest] + [min(longest, PHOTO_SIZES[-1])]
    sizes: list[Wire] = []
    for bound in sorted(set(shown)):
        last = bound == max(shown)
        one = file if last else files.add("photo", file.content, file.name, file.mime_type)
        scale = bound / longest
        sizes.append(
            {
                "file_id": one.id,
                "file_unique_id": one.unique_id,
                "file_size": one.size_bytes,
                "width": max(1, round(width * scale)),
                "height": max(1, round(height * scale)),
            }
        )
    return sizes


def _described(file: StoredFile, facts: Mapping[str, Any]) -> Wire:
    media: Wire = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": file.size_bytes}
    seconds = int(facts.get("duration") or 0)
    width, height = picture_size(file.content) or (512, 512)
    match file.kind:
        case "video" | "animation":
            media |= {
                "width": int(facts.get("width") or 640), "height": int(facts.get("height") or 360), "duration": seconds,
            }  # fmt: skip
        case "audio" | "voice":
            media["duration"] = seconds
        case "video_note":
            return media | {"length": int(facts.get("length") or 240), "duration": seconds}
        case "sticker":
            return media | without_empty({"emoji": facts.get("emoji"), "set_name": facts.get("set_name")}) | {
                "type": "regular", "width": width, "height": height, "is_animated": file.name.endswith(".tgs"),
                "is_video": file.name.endswith(".webm"),
            }  # fmt: skip
        case _:
            pass
    named = file.kind in ("document", "audio", "video", "animation")
    return media | without_empty(
        {
            "file_name": file.name if named else "",
            "mime_type": file.mime_type or MIME_TYPES.get(file.kind, ""),
            "title": facts.get("title") if file.kind == "audio" else None,
            "performer": facts.get("performer") if file.kind == "audio" else None,
        }
    )
