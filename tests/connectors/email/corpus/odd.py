"""Mails that are honest and odd: missing headers, charsets, broken structures, wrappers, calendars."""

import base64

from tests.connectors.email.corpus.case import Case, case, html, multipart, raw, text, without

RU = "Сколько стоит чайник?"
B64 = base64.encodebytes(b"%PDF-1.4 sample").decode()
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Call\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def _file(content_type: str, *lines: str) -> tuple[str, ...]:
    return (f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64", *lines)


_HEADERS: tuple[Case, ...] = (
    case("no_message_id", text("Hi", leave=("Message-ID",)), text="Hi", message_id=None),
    case("empty_message_id", text("Hi", "Message-ID: <>", leave=("Message-ID",)), text="Hi", message_id=None),
    case("two_message_ids", text("Hi", "Message-ID: <two@example.com>"), message_id="<one@example.com>"),
    case("several_from", text("Hi", "From: a@example.com, B <b@example.com>", leave=("From",)), sender="a@example.com"),
    case("two_from_headers", text("Hi", "From: other@example.com"), sender="customer@example.com"),
    case("no_from_but_sender", text("Hi", "Sender: desk@example.com", leave=("From",)), sender="desk@example.com"),
    case("no_from_but_reply_to", text("Hi", "Reply-To: me@example.com", leave=("From",)), sender="me@example.com"),
    case("no_from", text("Hi", leave=("From",)), **{"is": "parked", "code": "no_sender"}),
    case("from_group", text("Hi", "From: undisclosed-recipients:;", leave=("From",)),
         **{"is": "parked", "code": "no_sender"}),
    case("from_without_domain", text("Hi", "From: root", leave=("From",)), **{"is": "parked", "code": "no_sender"}),
    case("from_unquoted_comma", text("Hi", "From: Sample, Customer <a@example.com>", leave=("From",)),
         sender="a@example.com"),
    case("from_encoded", text("Hi", "From: =?utf-8?B?0J7QsdGA0LDQt9C10YY=?= <A@Example.COM>", leave=("From",)),
         sender="a@example.com", sender_name="Образец"),
    case("from_encoded_twice", text("Hi", "From: =?koi8-r?B?78LSwdrFwyA=?=\r\n =?koi8-r?B?78TJzg==?= <a@example.com>",
                                    leave=("From",)), sender="a@example.com", sender_name="Образец Один"),
    case("from_8bit_utf8", text("Hi", "From: Образец <a@example.com>".encode(), leave=("From",)),
         sender_name="Образец"),
    case("from_8bit_cp1251", text("Hi", "From: Образец <a@example.com>".encode("cp1251"), leave=("From",)),
         sender_name="Образец"),
    case("from_idn", text("Hi", "From: a@пример.рф".encode(), leave=("From",)), sender="a@пример.рф"),
    case("subject_8bit", text("Hi", "Subject: Цена чайника".encode("cp1251"), leave=("Subject",)),
         subject="Цена чайника"),
    case("subject_folded", text("Hi", "Subject: =?utf-8?Q?=D0=A6=D0=B5=D0=BD?=\r\n =?utf-8?Q?=D0=B0?=",
                                leave=("Subject",)), subject="Цена"),
    case("subject_word_cut_between_bytes", text("Hi", "Subject: =?utf-8?B?0KbQtdC90A==?= =?utf-8?B?sA==?=",
                                                leave=("Subject",)), subject="Цена"),
    case("subject_word_of_one_letter", text("Hi", "Subject: =?utf-8?B?a?= x", leave=("Subject",)), subject_has="x"),
    case("from_word_of_one_letter", text("Hi", "From: =?utf-8?B?a?= <a@example.com>", leave=("From",)),
         sender="a@example.com"),
    case("subject_broken_word", text("Hi", "Subject: =?utf-8?B?0J7?= x", leave=("Subject",)), subject_has="x"),
    case("no_subject", text("Hi", leave=("Subject",)), subject="", text="Hi"),
    case("no_date", text("Hi", leave=("Date",)), sent_at=None),
    case("date_of_nonsense", text("Hi", "Date: yesterday at noon", leave=("Date",)), sent_at=None),
    case("date_of_another_world", text("Hi", "Date: Mon, 99 Foo 99999 99:99:99 +9999", leave=("Date",)), sent_at=None),
    case("references_folded_and_doubled", text("Hi", "References: <a@x>\r\n\t<b@x> <a@x>", "In-Reply-To: <c@x> <b@x>"),
         references=("<a@x>", "<c@x>", "<b@x>")),
    case("reply_to_elsewhere", text("Hi", "Reply-To: Desk <desk@example.net>"), reply_to="desk@example.net"),
    case("reply_to_malformed", text("Hi", "Reply-To: <<>@@>,,"), reply_to=None, text="Hi"),
    case("many_cc", text("Hi", "Cc: " + ", ".join(f"c{number}@example.com" for number in range(300))), cc_count=50),
    case("header_without_colon", raw(*without(), "this is no header", body="Hi"), sender="customer@example.com"),
    case("bare_line_feeds", b"From: a@example.com\nSubject: LF\n\nHi\nthere\n", text="Hi\nthere", subject="LF"),
    case("bare_carriage_returns", b"From: a@example.com\rSubject: CR\r\rHi\r", sender="a@example.com"),
    case("mbox_line_first", b"From a@example.com Mon Nov 23 10:00:00 2026\r\n" + text("Hi"), text="Hi"),
)  # fmt: skip

_BODIES: tuple[Case, ...] = (
    case("empty_body", text(""), text="Price"),
    case("blank_body", text("\n \n\t\n"), text="Price"),
    case("nothing_but_headers", b"From: a@example.com\r\n", text=""),
    case("charset_cp1251", text(RU, charset="windows-1251"), text=RU),
    case("charset_koi8", text(RU, charset="koi8-r"), text=RU),
    case("charset_utf16", text(RU, charset="utf-16"), text=RU),
    case("charset_unknown", raw(*without(), "Content-Type: text/plain; charset=x-no-such", body=RU), text=RU),
    case("charset_no_text_encoding", raw(*without(), "Content-Type: text/plain; charset=hex", body=RU), text=RU),
    case("charset_lies", raw(*without(), "Content-Type: text/plain; charset=utf-8", body=RU.encode("cp1251")), text=RU),
    case("charset_missing", raw(*without(), body=RU.encode()), text=RU),
    case("base64_body", raw(*without(), "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
                            body=base64.encodebytes(RU.encode())), text=RU),
    case("base64_cut_off", raw(*without(), "Content-Type: text/plain; charset=utf-8",
                               "Content-Transfer-Encoding: base64", body=base64.b64encode(RU.encode())[:-3]),
         text_has="Сколько стоит"),
    case("quoted_printable_broken", raw(*without(), "Content-Type: text/plain; charset=utf-8",
                                        "Content-Transfer-Encoding: quoted-printable", body="5=ZZ euro=\r\ns =E2=82=A"),
         text_has="euros"),
    case("unknown_transfer_encoding", raw(*without(), "Content-Transfer-Encoding: x-uu", body="Hi"), text="Hi"),
    case("uuencoded", raw(*without(), "Content-Type: text/plain", "Content-Transfer-Encoding: x-uuencode",
                          body="begin 644 a.txt\r\n\"2&D \r\n`\r\nend\r\n"), text_has="Hi"),
    case("content_type_in_pieces_that_do_not_fit", raw(*without(), "Content-Type: multipart/mixed; a*=1; a*0=2",
                                                       body="Hi"), **{"is": "parked", "code": "bad_payload"}),
    case("content_type_of_nonsense", raw(*without(), "Content-Type: ;;/;=", body="Hi"), text="Hi"),
    case("html_only", html("<html><head><style>p{color:red}</style><title>T</title></head><p>Hi<br>there</p></html>"),
         text="Hi\nthere", html=True),
    case("html_and_text", multipart(("text/plain", "Hi"), ("text/html", "<b>Hi</b>"), kind="alternative"), text="Hi",
         html=True),
    case("html_without_words", html("<div><img src='https://example.com/a.png'></div>"), text="Price", html=True),
    case("two_texts", multipart(("text/plain", "One"), ("text/plain", "Two")), text="One\n\nTwo"),
    case("nul_and_controls", text(b"a\x00b\x1b[31mc\x07"), text="ab[31mc"),
)  # fmt: skip

_PARTS: tuple[Case, ...] = (
    case("no_boundary", raw(*without(), "Content-Type: multipart/mixed", body="Hi"), text_has="Hi"),
    case("boundary_never_met", raw(*without(), 'Content-Type: multipart/mixed; boundary="x"', body="--y\r\n\r\nHi"),
         text_has="Hi"),
    case("last_boundary_missing", multipart(("text/plain", "Hi")).replace(b"--=_part--", b""), text="Hi"),
    case("empty_multipart", raw(*without(), 'Content-Type: multipart/mixed; boundary="x"', body="--x--\r\n"),
         text="Price"),
    case("file_with_russian_name", multipart(
        ("text/plain", "Hi"), (_file("application/pdf", "Content-Disposition: attachment;\r\n filename*0*=utf-8''"
         "%D0%A1%D0%BC%D0%B5;\r\n filename*1*=%D1%82%D0%B0.pdf"), B64)), files=("Смета.pdf",)),
    case("file_with_encoded_word_name", multipart(
        ("text/plain", "Hi"), (_file('application/pdf; name="=?utf-8?B?0KHQvNC10YLQsC5wZGY=?="'), B64)),
         files=("Смета.pdf",)),
    case("file_with_8bit_name", multipart(
        ("text/plain", "Hi"), (_file('application/pdf; name="Смета.pdf"'), B64)), files=("Смета.pdf",)),
    case("file_name_pieces_that_do_not_fit", multipart(
        ("text/plain", "Hi"), (_file("application/pdf", "Content-Disposition: attachment; filename*2*=x; filename*0="),
                               B64)), files_count=1),
    case("file_without_name", multipart(("text/plain", "Hi"), (_file("application/pdf"), B64)),
         files=("application-1.pdf",)),
    case("empty_file", multipart(("text/plain", "Hi"), (_file("application/pdf"), "")), text="Hi", files=()),
    case("winmail_dat", multipart(("text/plain", "Hi"), (_file('application/ms-tnef; name="winmail.dat"'), B64)),
         text="Hi", files=("winmail.dat",)),
    case("winmail_dat_alone", raw(*without(), 'Content-Type: application/ms-tnef; name="winmail.dat"',
                                  "Content-Transfer-Encoding: base64", body=B64), text="Price", files=("winmail.dat",)),
    case("calendar_invitation", multipart(("text/plain", "Let us meet"),
                                          ("text/calendar; method=REQUEST; charset=utf-8", CALENDAR),
                                          kind="alternative"), text="Let us meet", files=("text-1.ics",)),
    case("calendar_alone", raw(*without(), "Content-Type: text/calendar; method=REQUEST", body=CALENDAR), text="Price",
         files=("text-1.ics",)),
    case("smime_encrypted", raw(*without(), 'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; '
                                'name="smime.p7m"', "Content-Transfer-Encoding: base64", body=B64),
         text_has="S/MIME", files=("smime.p7m",)),
    case("smime_signed", multipart(("text/plain", "Signed words"),
                                   (_file('application/pkcs7-signature; name="smime.p7s"'), B64), kind="signed"),
         text="Signed words", files=("smime.p7s",)),
    case("pgp_encrypted", multipart(("application/pgp-encrypted", "Version: 1"),
                                    ('application/octet-stream; name="encrypted.asc"', "-----BEGIN PGP MESSAGE-----"),
                                    kind='encrypted; protocol="application/pgp-encrypted"'), text_has="PGP"),
    case("pgp_inline", text("-----BEGIN PGP MESSAGE-----\n\nhQEMA0\n-----END PGP MESSAGE-----\n"),
         text_has="BEGIN PGP MESSAGE"),
    case("pgp_signed", multipart(("text/plain", "Signed words"), ("application/pgp-signature", "-----BEGIN PGP"),
                                 kind="signed"), text="Signed words"),
    case("forwarded_as_a_file", multipart(("text/plain", "See the mail"), ("message/rfc822", text("Inner words"))),
         text="See the mail", files=("message-1.eml",)),
    case("forwarded_in_forwarded", multipart(("text/plain", "See"),
                                             ("message/rfc822", multipart(("message/rfc822", text("Deep")),
                                                                         boundary="inner"))),
         text="See", files=("message-1.eml",)),
    case("forwarded_8bit_without_its_boundary", multipart(("text/plain", "See"), ("message/rfc822", raw(
        *without(), 'Content-Type: multipart/mixed; boundary="x"', body=RU))), text="See", files=("message-1.eml",)),
    case("forwarded_with_a_header_in_a_header", multipart(("text/plain", "See"), ("message/rfc822", raw(
        *without(), b"X-Odd: a\x0bStatus: 5.1.1", body="Inner"))), text="See", files=("message-1.eml",)),
    case("inline_picture", multipart(("text/html", "<p>Hi <img src='cid:logo'></p>"),
                                     (_file("image/png", "Content-ID: <logo>"), base64.encodebytes(b"\x89PN").decode()),
                                     kind="related"), text="Hi", files=("image-1.png",), html=True),
    case("text_as_a_file", multipart(("text/plain", "Hi"),
                                     (("Content-Type: text/plain", "Content-Disposition: attachment; filename=a.txt"),
                                      "inside")), text="Hi", files=("a.txt",)),
)  # fmt: skip
ODD = (*_HEADERS, *_BODIES, *_PARTS)
