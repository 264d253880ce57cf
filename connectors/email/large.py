"""Large files within a mail, taken out before it is parsed. Pure.

The standard library's parser holds a mail as text, as a list of lines and as bytes again: nine times its size. So long
stretches of base64 are cut out of the raw bytes first, a mark of a kind that nobody can guess stands in their place,
and the file is put together from the raw bytes when its part is read.
"""

import binascii
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_BYTES = 256 * 1024
"""What is shorter stays. No header may be so long, so that a mark in one stands for a header over its limit."""
_STRETCH = re.compile(rb"[A-Za-z0-9+/\r\n]{%d,}" % LEAST_BYTES)
_BLANK_LINE = re.compile(rb"\n\r?\n")
LOOKED_AT = 4_096


@dataclass(frozen=True, slots=True)
class Large:
    """A mail without its long stretches: `small` has a line with a mark for each, `stretches` where they stand."""

    raw: bytes
    small: bytes
    mark: bytes
    stretches: Sequence[tuple[int, int]]

    def whole(self, content: bytes) -> bytes:
        """`content` of `small` as it stands in the mail."""
        if not self.stretches or self.mark not in content:
            return content
        pieces, at = [], 0
        for match in self._marks(content):
            start, end = self.stretches[int(match[1])]
            stretch = self.raw[start:end]
            if not match[2]:  # the line end before a boundary belongs to that (RFC 2046, 5.1.1)
                stretch = stretch.removesuffix(b"\n").removesuffix(b"\r")
            pieces += [content[at : match.start()], stretch]
            at = match.end()
        return b"".join([*pieces, content[at:]])

    def file(self, content: bytes) -> bytes | None:
        """The file of a base64 `content` of `small`; None when the usual way has to read it."""
        if not self.stretches or self.mark not in content:
            return None
        pieces, at, view = [], 0, memoryview(self.raw)
        try:
            for match in self._marks(content):
                before = _letters(content[at : match.start()])
                start, end = self.stretches[int(match[1])]
                stretch = view[start:end]
                if len(before) % 4 or _count(self.raw, start, end) % 4:
                    return None  # a group of four lies across the seam
                pieces += [binascii.a2b_base64(before), binascii.a2b_base64(stretch)]
                at = match.end()
            rest = _letters(content[at:])
            return b"".join([*pieces, binascii.a2b_base64(rest)])
        except binascii.Error:
            return None

    def _marks(self, content: bytes) -> Sequence[re.Match[bytes]]:
        return list(re.finditer(re.escape(self.mark) + rb"(\d+)(\r?\n|\Z)", content))


def without_large(raw: bytes) -> Large:
    """The mail with its long stretches cut out; the mail itself where it has none."""
    mark = b"cut-" + secrets.token_hex(16).encode() + b"-"
    pieces: list[bytes] = []
    stretches: list[tuple[int, int]] = []
    at = 0
    for match in _STRETCH.finditer(raw):
        start, end = _lines(raw, match.start(), match.end())
        if end - start < LEAST_BYTES // 2:
            continue
        pieces += [raw[at:start], mark + str(len(stretches)).encode() + b"\r\n"]
        stretches.append((start, end))
        at = end
    return Large(raw, b"".join([*pieces, raw[at:]]) if stretches else raw, mark, stretches)


def _lines(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """The whole lines of a stretch, behind the headers that its first letters may belong to."""
    blanks = list(_BLANK_LINE.finditer(raw, start, min(end, start + LOOKED_AT)))
    first = blanks[-1].end() if blanks else raw.find(b"\n", start, end) + 1
    last = raw.rfind(b"\n", first, end) + 1
    return (first, last) if first > 0 and last > first else (start, start)


def _letters(content: bytes) -> bytes:
    return re.sub(rb"[^A-Za-z0-9+/=]", b"", content)


def _count(raw: bytes, start: int, end: int) -> int:
    return end - start - raw.count(b"\n", start, end) - raw.count(b"\r", start, end)
