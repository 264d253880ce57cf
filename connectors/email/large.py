"""Large files within a mail, taken out before it is parsed. Pure.

The standard library's parser holds a mail as text, as a list of lines and as bytes again: nine times its size. So long
stretches of base64 are cut out of the raw bytes first, a mark of a kind that nobody can guess stands in their place,
and the file is put together from the raw bytes when its part is read.
"""

import binascii
import io
import re
import secrets
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hub.model.attachment import Encoded

LEAST_BYTES = 256 * 1024
"""What is shorter stays. No header may be so long, so that a mark in one stands for a header over its limit."""
_LETTERS = string.ascii_letters.encode() + string.digits.encode() + b"+/\r\n"
_OTHERS = bytes(byte not in _LETTERS for byte in range(256))
_LINE_ENDS = b"\r\n"
_BLANK_LINE = re.compile(rb"\n\r?\n")
LOOKED_AT = 4_096
AT_ONCE_BYTES = 64 * 1024
"""So much is looked at or decoded at once: it stays in the processor's cache, and of no file there is a second copy."""


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

    def file(self, content: bytes) -> tuple[bytes, Sequence[Encoded]] | None:
        """The file of a base64 `content` of `small`, with the stretches of the mail that are the file in full lines.

        None when the usual way has to read it.
        """
        if not self.stretches or self.mark not in content:
            return None
        file, lines, at, loose = io.BytesIO(), list[Encoded](), 0, b""
        try:
            for match in self._marks(content):
                loose += _letters(content[at : match.start()])
                if len(loose) % 4:
                    return None  # a group of four lies across the seam
                file.write(binascii.a2b_base64(loose))
                start, end = self.stretches[int(match[1])]
                full = _full_lines(self.raw, start, end)
                if full is not None and _decoded(self.raw, full, file):
                    lines.append(replace(full, offset=file.tell() - full.size_bytes))
                    loose = _letters(self.raw[full.end : end])
                else:
                    letters = self.raw[start:end].translate(None, _LINE_ENDS)
                    groups = len(letters) // 4 * 4
                    file.write(binascii.a2b_base64(memoryview(letters)[:groups]))
                    loose = letters[groups:]
                at = match.end()
            file.write(binascii.a2b_base64(loose + _letters(content[at:])))
        except binascii.Error:
            return None
        whole = file.getvalue()
        return whole, [replace(one, content=whole) for one in lines]

    def _marks(self, content: bytes) -> Sequence[re.Match[bytes]]:
        return list(re.finditer(re.escape(self.mark) + rb"(\d+)(\r?\n|\Z)", content))


def without_large(raw: bytes) -> Large:
    """The mail with its long stretches cut out; the mail itself where it has none."""
    mark = b"cut-" + secrets.token_hex(16).encode() + b"-"
    pieces: list[bytes] = []
    stretches: list[tuple[int, int]] = []
    at = 0
    for letters in _stretches(raw):
        start, end = _lines(raw, *letters)
        if end - start < LEAST_BYTES // 2:
            continue
        pieces += [raw[at:start], mark + str(len(stretches)).encode() + b"\r\n"]
        stretches.append((start, end))
        at = end
    return Large(raw, b"".join([*pieces, raw[at:]]) if stretches else raw, mark, stretches)


def _stretches(raw: bytes) -> Iterator[tuple[int, int]]:
    """Where there are `LEAST_BYTES` and more of nothing but letters and ends of lines.

    A regular expression takes three times as long: a third of what it takes to read a mail.
    """
    start = 0
    for at in range(0, len(raw), AT_ONCE_BYTES):
        some = raw[at : at + AT_ONCE_BYTES]
        if not some.translate(None, _LETTERS):
            continue
        others = some.translate(_OTHERS)
        end = at + others.find(1)
        if end - start >= LEAST_BYTES:
            yield start, end
        start = at + others.rfind(1) + 1
    if len(raw) - start >= LEAST_BYTES:
        yield start, len(raw)


def _lines(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """The whole lines of a stretch, behind the headers that its first letters may belong to."""
    blanks = list(_BLANK_LINE.finditer(raw, start, min(end, start + LOOKED_AT)))
    first = blanks[-1].end() if blanks else raw.find(b"\n", start, end) + 1
    last = raw.rfind(b"\n", first, end) + 1
    return (first, last) if first > 0 and last > first else (start, start)


def _full_lines(raw: bytes, start: int, end: int) -> Encoded | None:
    """The lines that a stretch begins with, if all are as long as the first and hold whole groups of four letters."""
    first = raw.find(b"\n", start, end)
    line_end = b"\r\n" if raw[start:first].endswith(b"\r") else b"\n"
    width = first + 1 - len(line_end) - start
    if width <= 0 or width % 4:
        return None
    step = width + len(line_end)
    lines = (end - start) // step
    end = start + lines * step
    if any(raw[start + width + at : end : step] != line_end[at : at + 1] * lines for at in range(len(line_end))):
        return None
    return Encoded(start, end, b"", 0, width, line_end)


def _decoded(raw: bytes, lines: Encoded, file: io.BytesIO) -> bool:
    """Write what the lines hold into `file`, unless they hold less than letters in all places: then nothing counts.

    Where this is done, the lines are the only ones of their width that hold it, so that encoding it gives them back: in
    a stretch are letters and line ends alone, each of these is in its place, and no group is cut short by a "=".
    """
    step, begun, view = lines.width + len(lines.line_end), file.tell(), memoryview(raw)
    at_once = max(AT_ONCE_BYTES // step, 1) * step
    for start in range(lines.start, lines.end, at_once):
        end = min(start + at_once, lines.end)
        content = binascii.a2b_base64(view[start:end])  # which passes over line ends
        if len(content) != (end - start) // step * lines.width // 4 * 3:
            file.seek(begun)
            file.truncate()
            return False
        file.write(content)
    return True


def _letters(content: bytes) -> bytes:
    return re.sub(rb"[^A-Za-z0-9+/=]", b"", content)
