"""Reading the bytes of a mail."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.automatic import automatic
from connectors.email.mime import _LENIENT, DEPTH, PARTS, Mailbox, _alone, parsed, read_mail
from connectors.email.quotes import split
from connectors.errors import PayloadInvalid
from tests.connectors.email.corpus import CASES
from tests.connectors.email.corpus.case import Case
from tests.connectors.email.mails import mail, raw


def test_a_plain_mail_is_read() -> None:
    found = read_mail(mail("Сколько стоит?", Subject="Цена").as_bytes())
    assert found.sender == Mailbox("customer@example.com", "Sample Customer")
    assert (found.subject, found.text, found.html) == ("Цена", "Сколько стоит?\n", None)
    assert found.sent_at == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert found.message_id == "<one@example.com>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?utf-8?b?0KHRh9GR0YIsINC+0L/Qu9Cw0YLQsCw=?=\r\n Sample Ltd", "Счёт, оплата, Sample Ltd"),
        ("Sample Ltd,\r\n\t=?utf-8?b?0YHRh9GR0YI=?=", "Sample Ltd, счёт"),
        ("=?utf-8?b?0YHRh9GR?=\r\n =?utf-8?b?0YI=?=", "счёт"),
    ],
)
def test_a_subject_keeps_its_spaces_where_its_line_was_folded(written: str, shown: str) -> None:
    """Between two encoded words there is none (RFC 2047, 6.2); beside plain words there is."""
    assert read_mail(raw("From: customer@example.com", f"Subject: {written}")).subject == shown


def test_both_texts_files_and_pictures_of_a_mail_are_told_apart() -> None:
    message = mail("Plain")
    message.add_alternative('<p>Marked <img src="cid:logo"></p>', subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    html.add_related(b"\x89PNG", "image", "png", cid="<logo>")  # type: ignore[union-attr]
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Смета на год.pdf")
    found = read_mail(message.as_bytes())
    assert (found.text, found.html) == ("Plain\n", '<p>Marked <img src="cid:logo"></p>\n')
    assert [(file.name, file.content_id, file.inline) for file in found.files] == [
        ("image-1.png", "logo", True), ("Смета на год.pdf", None, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "body", "text"),
    [
        (['Content-Type: text/plain; charset="windows-1251"'], "Привет".encode("cp1251"), "Привет"),
        (['Content-Type: text/plain; charset="koi8-r"'], "Привет".encode("koi8-r"), "Привет"),
        (['Content-Type: text/plain; charset="no-such"'], "Привет".encode(), "Привет"),
        (['Content-Type: text/plain; charset="rot13"'], "Привет".encode(), "Привет"),
        ([], "Привет".encode("cp1251"), "Привет"),
        (["Content-Transfer-Encoding: base64"], b"0J/RgNC40LLQtdGC", "Привет"),
        (["Content-Transfer-Encoding: base64"], b"not base64 at all!!", None),
        (["Content-Transfer-Encoding: no-such"], b"Hello", "Hello"),
        (["Content-Type: ;;;"], b"Hello", "Hello"),
        (["Content-Type: multipart/mixed"], b"Hello", None),
        (['Content-Type: multipart/mixed; boundary="x"'], b"--y\r\n\r\nHello", None),
    ],
)
def test_broken_charsets_and_structures_are_read_as_far_as_they_go(
    lines: list[str], body: bytes, text: str | None
) -> None:
    """Never an exception: a text where one can be found."""
    found = read_mail(raw("From: customer@example.com", *lines, body=body))
    if text is not None:
        assert (found.text or "").strip() == text


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        (b"From: =?utf-8?B?0J7QsdGA0LDQt9C10YY=?= <A@Example.COM>", Mailbox("a@example.com", "Образец")),
        ("From: Образец <a@example.com>".encode(), Mailbox("a@example.com", "Образец")),
        ("From: Образец <a@example.com>".encode("cp1251"), Mailbox("a@example.com", "Образец")),
        (b'From: "Sample, Customer" <a@example.com>', Mailbox("a@example.com", "Sample, Customer")),
        (b"From: a@example.com, b@example.com", Mailbox("a@example.com")),
        (b"From: =?utf-8?B?broken <a@example.com>", Mailbox("a@example.com", "=?utf-8?B?broken")),
        (b"From: undisclosed-recipients:;", None),
        (b"From: ", None),
        (b"X-Nobody: here", None),
    ],
)
def test_senders_are_read_as_they_come(line: bytes, sender: Mailbox | None) -> None:
    """Encoded, raw, several, broken, none."""
    assert read_mail(raw(line)).sender == sender


def test_a_mail_over_a_limit_is_refused_with_the_limit() -> None:
    """Parts, depth and headers; the sentence says which."""
    many = raw('Content-Type: multipart/mixed; boundary="b"', body="--b\r\n\r\nx\r\n" * (PARTS + 1) + "--b--")
    deep = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n' for n in range(DEPTH + 2))
    for content, code in ((many, "too_many_parts"), (deep.encode(), "too_deep"), (b"a" * 300_000, "headers_too_large")):
        with pytest.raises(PayloadInvalid) as refused:
            read_mail(content)
        assert refused.value.code == code


def test_the_newest_reference_stands_last() -> None:
    """Folded, repeated, and with several ids in In-Reply-To."""
    found = read_mail(raw("References: <a@x>\r\n <b@x>  <a@x>", "In-Reply-To: <c@x> <b@x>", "From: a@example.com"))
    assert found.references == ("<a@x>", "<c@x>", "<b@x>")


@given(
    st.binary(max_size=600) | st.text(alphabet='Content-Type:/; multpar="b\n-=?utf8B<>@,', max_size=400).map(str.encode)
)
def test_no_bytes_raise_anything_but_our_own_error(content: bytes) -> None:
    """Whatever a server hands over is a mail or a refusal."""
    try:
        found = read_mail(content)
    except PayloadInvalid:
        return
    automatic(found)
    split(found.text or "")


def _as_the_library_has_it(content: bytes) -> None:
    try:
        theirs = message_from_bytes(content, policy=policy.compat32)
    except RecursionError:  # so deep that nobody reads it
        return
    ours = parsed(content)
    assert list(ours.raw_items()) == list(theirs.raw_items())
    assert ours.is_multipart() == theirs.is_multipart()
    assert ours.get_content_type() == theirs.get_content_type()
    if not ours.is_multipart():
        assert ours.get_payload() == theirs.get_payload()
        assert ours.get_payload(decode=True) == theirs.get_payload(decode=True)


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_a_mail_whose_lines_are_not_looked_at_is_parsed_the_same(one: Case) -> None:
    content = one.make()
    unparsed = one.record.get("code") == "bad_payload"  # the library raises
    if len(content) < 1_000_000 and not unparsed:  # what is larger is cut before
        _as_the_library_has_it(content)


_HEADS = (
    "From: a@b", "Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=b", "no header", " more", ":",
    "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "From a@b", "",
)  # fmt: skip
_LINES = st.sampled_from((*_HEADS, "--b", "--b--", "Hello", "\xff"))


@given(st.lists(st.tuples(_LINES, st.sampled_from(("\n", "\r\n", "\r"))), max_size=12))
def test_any_lines_are_parsed_the_same(lines: list[tuple[str, str]]) -> None:
    _as_the_library_has_it("".join(line + end for line, end in lines).encode("latin-1"))


_WORDS = (
    "Sample",
    "Ltd",
    "J.",
    '"Sample, Ltd"',
    '"a\\"b"',
    "=?utf-8?q?a_b?=",
    "(aside)",
    "Ünal",
    ",",
    ";",
    ":",
    "  ",
    "\r\n ",
)
_ADDRESSES = (
    "a@b.c",
    "<a@b.c>",
    "<a.b+c@d-e.f>",
    "<a..b@c>",
    "<a@[1.2.3.4]>",
    "<@x:a@b.c>",
    "<>",
    "a@",
    "@b",
    '"a b"@c',
    " ",
    "",
)


@given(st.lists(st.sampled_from((*_WORDS, *_ADDRESSES)), max_size=5), st.sampled_from((" ", "")))
def test_an_address_that_stands_alone_is_read_as_the_library_reads_it(pieces: list[str], between: str) -> None:
    """Most headers name one; the library's way through them costs as much as half of a mail's other headers."""
    written = between.join(pieces)
    if found := _alone([written]):
        assert list(found) == getaddresses([written], **_LENIENT)


@pytest.mark.parametrize("written", ["a@b.c", "<a@b.c>", "Sample Ltd <a@b.c>", '"Sample, Ltd" <a.b+c@d-e.f>'])
def test_the_usual_ways_to_write_an_address_count_as_one_alone(written: str) -> None:
    """Else the test above would look at nothing."""
    assert _alone([written])
