"""Large files in mails: read without the parser, and byte for byte what was sent."""

import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email.large import LEAST_BYTES, without_large
from connectors.email.mime import read_mail
from tests.connectors.email.corpus.case import multipart, raw, without

FILE = random.Random(7).randbytes(600_001)
BASE64 = ("Content-Type: application/pdf; name=plan.pdf", "Content-Transfer-Encoding: base64")


def encoded(width: int, end: str, content: bytes = FILE) -> str:
    """Base64 in lines of a width."""
    letters = base64.b64encode(content).decode()
    return end.join(letters[at : at + width] for at in range(0, len(letters), width)) + end


@pytest.mark.parametrize("width", [76, 72, 75, 77, 64, 1_000])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_large_file_is_whole(width: int, end: str) -> None:
    """Whatever the length of its lines: where groups of four lie across a seam, the usual way reads it."""
    content = multipart(("text/plain", "Hi"), (BASE64, encoded(width, end)), (BASE64, encoded(76, end, FILE[::-1])))
    assert len(without_large(content).small) < LEAST_BYTES
    found = read_mail(content)
    assert found.text == "Hi"
    assert [file.content for file in found.files] == [FILE, FILE[::-1]]


@pytest.mark.parametrize("size_bytes", [600_000, 57 * 10_000, 600_001, 600_002])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_large_file_that_ends_right_before_a_boundary_is_whole(size_bytes: int, end: str) -> None:
    """A third of all sizes needs no "=" at the end, so that the whole of the file is cut out, its last line too."""
    body = encoded(76, end, FILE[:1] * size_bytes)
    content = f"From: a@b{end}Content-Type: multipart/mixed; boundary=x{end}{end}--x{end}"
    content += end.join(BASE64) + end * 2 + body + f"--x{end}{end.join(BASE64)}{end * 2}{body}{end}--x--{end}"
    assert [file.content for file in read_mail(content.encode()).files] == [FILE[:1] * size_bytes] * 2


def test_a_large_text_that_ends_right_before_a_boundary_is_whole() -> None:
    words = "abcd" * 19 + "\r\n"
    [file] = read_mail(multipart((("Content-Type: text/csv; name=a.csv",), words * 10_000))).files
    assert file.content == (words * 10_000).encode()
    plain = f"From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n{words * 10_000}--x--\r\n"
    text = read_mail(plain.encode()).text
    assert text is not None
    assert text.replace("\r\n", "\n") == (words * 10_000).replace("\r\n", "\n").removesuffix("\n")


def test_a_large_file_without_line_ends_is_whole() -> None:
    content = multipart(("text/plain", "Hi"), (BASE64, base64.b64encode(FILE)))
    assert read_mail(content).files[0].content == FILE


def test_large_letters_that_are_no_base64_stay_as_they_were_written() -> None:
    """In a text, in a text with another encoding, and within a forwarded mail."""
    words = "abcd" * 19 + "\r\n"
    text = read_mail(raw(*without(), "Content-Type: text/plain", body=words * 10_000)).text
    assert text is not None
    assert text.replace("\n", "\r\n") == (words * 10_000)[: len(text.replace("\n", "\r\n"))]
    assert len(text) > 700_000
    inner = raw("Subject: Inner", *BASE64, body=encoded(76, "\r\n"))
    [forwarded] = read_mail(multipart(("message/rfc822", inner))).files
    assert encoded(76, "\r\n").encode() in forwarded.content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@given(
    st.sampled_from((4, 60, 72, 76, 1_000, 75, 77)), st.sampled_from(("\r\n", "\n")),
    st.integers(300_000, 300_400), st.sampled_from(("", " ", "\r\n", "\n\n", "=", "AAAA\r\n", "\r\n\r\nAAAA\n")),
    st.data(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_what_is_said_to_be_encoded_is_what_the_file_encodes_to(
    width: int, end: str, size: int, odd: str, data: st.DataObject
) -> None:
    """Also where something is written into the lines that does not belong there."""
    letters = encoded(width, end, FILE[:size])
    at = data.draw(st.integers(0, len(letters)))
    content = multipart(("text/plain", "Hi"), (BASE64, letters[:at] + odd + letters[at:]))
    [file] = read_mail(content).files
    if not odd and width % 4 == 0:
        assert sum(one.size_bytes for one in file.encoded) > size - width
    for one in file.encoded:
        stretch = base64.b64encode(file.content[one.offset : one.offset + one.size_bytes])
        lines = [stretch[at : at + one.width] + one.line_end for at in range(0, len(stretch), one.width)]
        assert b"".join(lines) == content[one.start : one.end]
