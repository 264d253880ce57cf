"""Blobs that are put together from others: a mail holds its files in base64, and they are stored by themselves."""

import binascii
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.model.attachment import Encoded

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of another blob, as they are, or, with a `width`, in lines of so many letters of base64."""

    of: str
    at: int
    size_bytes: int
    width: int = 0
    line_end: str = ""

    def document(self) -> dict[str, Any]:
        """As it is stored."""
        plain = {"of": self.of, "at": self.at, "size": self.size_bytes}
        return {**plain, "width": self.width, "line_end": self.line_end} if self.width else plain


@dataclass(frozen=True, slots=True)
class Composition:
    """How a content is put together. `rest`, under its hash, is what of it no other blob holds."""

    pieces: Sequence[Piece]
    rest: bytes
    rest_sha256: str


def pieces_of(documents: Sequence[Document]) -> Sequence[Piece]:
    """As they were stored."""
    return [Piece(one["of"], one["at"], one["size"], one.get("width", 0), one.get("line_end", "")) for one in documents]


def composition(content: bytes, encoded: Sequence[Encoded], names: Mapping[int, str]) -> Composition:
    """A content of which stretches are to be read from other blobs. `names`: hashes of contents, by their `id()`."""
    kept = list(_between(content, encoded))
    rest = b"".join(kept)
    rest_sha256 = hashlib.sha256(rest).hexdigest()
    pieces: list[Piece] = []
    at = 0
    for number, own in enumerate(kept):
        if own:
            pieces.append(Piece(rest_sha256, at, len(own)))
            at += len(own)
        if number < len(encoded):
            one = encoded[number]
            pieces.append(
                Piece(names[id(one.content)], one.offset, one.size_bytes, one.width, one.line_end.decode("ascii"))
            )
    return Composition(pieces, rest, rest_sha256)


def _between(content: bytes, encoded: Sequence[Encoded]) -> Iterator[bytes]:
    at = 0
    for one in encoded:
        yield content[at : one.start]
        at = one.end
    yield content[at:]


async def in_lines(given: AsyncIterator[bytes], piece: Piece) -> AsyncIterator[bytes]:
    """Bytes as the lines that stood in their place."""
    line_bytes, line_end, left = piece.width // 4 * 3, piece.line_end.encode("ascii"), b""
    async for some in given:
        left += some
        full = len(left) // line_bytes * line_bytes
        letters = binascii.b2a_base64(left[:full], newline=False)
        yield b"".join(letters[at : at + piece.width] + line_end for at in range(0, len(letters), piece.width))
        left = left[full:]
