"""The files of the simulator: their ids, their paths for download, and what their first bytes say about them."""

import base64
import struct
from dataclasses import dataclass
from random import Random

from hub.demo.telegram.clock import Clock
from hub.demo.telegram.wire import Wire, bad_request

DOWNLOAD_LIMIT_BYTES = 20 << 20
"""https://core.telegram.org/bots/api#getfile"""
PATH_LIFETIME_S = 3600.0
FOLDERS = {
    "photo": ("photos", "jpg"), "video": ("videos", "mp4"), "animation": ("animations", "mp4"),
    "audio": ("music", "mp3"), "voice": ("voice", "oga"), "document": ("documents", "bin"),
    "sticker": ("stickers", "webp"), "video_note": ("video_notes", "mp4"), "thumbnail": ("thumbnails", "jpg"),
}  # fmt: skip
_PREFIX = {
    "photo": "AgACAgIAA", "video": "BAACAgIAA", "animation": "CgACAgIAA", "audio": "CQACAgIAA", "voice": "AwACAgIAA",
    "document": "BQACAgIAA", "sticker": "CAACAgIAA", "video_note": "DQACAgIAA", "thumbnail": "AAMCAgADA",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file. `size_bytes` may be larger than `content`: then it stands for a file that nobody may download."""

    id: str
    unique_id: str
    kind: str
    name: str
    mime_type: str
    content: bytes
    size_bytes: int
    path: str


class Files:
    """Every file of every bot."""

    def __init__(self, clock: Clock, rng: Random) -> None:
        self._clock, self._rng = clock, rng
        self._by_id: dict[str, StoredFile] = {}
        self._open_until: dict[str, tuple[StoredFile, float]] = {}

    def add(
        self, kind: str, content: bytes, name: str = "", mime_type: str = "", size_bytes: int | None = None
    ) -> StoredFile:
        """Keep a file under new ids."""
        folder, ending = FOLDERS[kind]
        if "." in name:
            ending = name.rsplit(".", 1)[1]
        file = StoredFile(
            id=_PREFIX[kind] + self._word(36), unique_id="AgAD" + self._word(9), kind=kind, name=name,
            mime_type=mime_type, content=content, size_bytes=len(content) if size_bytes is None else size_bytes,
            path=f"{folder}/file_{len(self._by_id)}.{ending}",
        )  # fmt: skip
        self._by_id[file.id] = file
        return file

    def all(self) -> list[StoredFile]:
        return list(self._by_id.values())

    def restore(self, file: StoredFile) -> None:
        """Know a file of an earlier run."""
        self._by_id[file.id] = file

    def by_id(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def open(self, file_id: str) -> Wire:
        """The File object, with a path that can be downloaded for an hour. Raises `Refused`."""
        if not file_id:
            raise bad_request("file_id not specified")
        file = self._by_id.get(file_id)
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if file.size_bytes > DOWNLOAD_LIMIT_BYTES:
            raise bad_request("file is too big")
        self._open_until[file.path] = (file, self._clock.now() + PATH_LIFETIME_S)
        return {
            "file_id": file.id, "file_unique_id": file.unique_id, "file_size": file.size_bytes, "file_path": file.path,
        }  # fmt: skip

    def at(self, path: str) -> StoredFile | None:
        """What a download of this path gets, or None."""
        file, until = self._open_until.get(path, (None, 0.0))
        return file if until > self._clock.now() else None

    def _word(self, size_bytes: int) -> str:
        return base64.urlsafe_b64encode(self._rng.randbytes(size_bytes)).decode().rstrip("=")


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, WebP or JPEG in pixels, or None when it is no picture."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return struct.unpack(">II", content[16:24])
        if content[:6] in (b"GIF87a", b"GIF89a"):
            return struct.unpack("<HH", content[6:10])
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp_size(content)
        if content[:2] == b"\xff\xd8":
            return _jpeg_size(content)
    except (struct.error, IndexError):
        return None
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    match content[12:16]:
        case b"VP8X":
            return (
                1 + int.from_bytes(content[24:27], "little"),
                1 + int.from_bytes(content[27:30], "little"),
            )
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack("<HH", content[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker in (0xD8, 0x01) or 0xD0 <= marker <= 0xD7 or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
