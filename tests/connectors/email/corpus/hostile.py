"""Mails that want to harm: a row or more for each of the mail cases of the abuse list."""

import base64
from collections.abc import Sequence

from connectors.email.mime import DEPTH, HEADER_BYTES, RAW_BYTES
from tests.connectors.email.corpus.case import Case, case, html, multipart, raw, text, without

SCRIPT = "<script>alert(1)</script>"
FORGED = "a" * 39  # as long as a token of ours, signed by nobody


def _many_parts(count: int) -> bytes:
    return multipart(*[("text/plain", "x")] * count)


def _deep(levels: int) -> bytes:
    head = b"".join(
        f'Content-Type: multipart/mixed; boundary="{level}"\r\n\r\n--{level}\r\n'.encode() for level in range(levels)
    )
    return raw(*without()).partition(b"\r\n\r\n")[0] + b"\r\n" + head + b"Content-Type: text/plain\r\n\r\nx"


def _named(name: str) -> bytes:
    return multipart(
        ("text/plain", "Hi"),
        ((f"Content-Disposition: attachment; {name}", "Content-Type: application/octet-stream"), "data"),
    )


def _parked(name: str, make: object, code: str) -> Case:
    return case(name, make, **{"is": "parked", "code": code})  # type: ignore[arg-type]


_MARKUP: Sequence[Case] = (
    case("markup_in_the_text", text(SCRIPT), text=SCRIPT),
    case("markup_in_the_subject", text("Hi", f"Subject: {SCRIPT}", leave=("Subject",)), subject=SCRIPT),
    case("markup_in_the_name", text("Hi", f'From: "{SCRIPT}" <a@example.com>', leave=("From",)), sender_name=SCRIPT),
    case("markup_in_a_file_name", _named(f'filename="{SCRIPT}.pdf"'), files=("script>.pdf",)),
    case("script_in_html", html(f"<p>Hi{SCRIPT}</p>"), text="Hi", html_lacks=("<script",)),
    case("handlers_in_html", html("<p onclick=alert(1)>Hi<svg onload=alert(1)></p>"), html_lacks=("onclick", "onload")),
    case("mutation_xss", html("<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 "
                              "onerror=alert(1)&gt;'></table></mtext></math>Hi"), html_lacks=("<img src=1", "<style")),
    case("javascript_link", html("<a href='java&#x09;script:alert(1)'>Hi</a>"), html_lacks=("script:",)),
    case("data_link", html("<a href='data:text/html,x'>Hi</a>"), html_lacks=("data:",)),
    case("svg_use", html("<svg><use href='data:image/svg+xml,x#x'/></svg>Hi"), html_lacks=("<use", "data:")),
    case("form_that_phishes", html("<form action=https://evil.example><input name=password></form>Hi"),
         html_lacks=("<form", "<input")),
    case("tracking_pixel", html("<p>Hi</p><img src=https://evil.example/p.gif width=1>"), html_lacks=("evil.example",),
         blocked=1),
    case("css_that_fetches", html("<p style=\"background:url(https://evil.example/x)\">Hi</p><style>@import "
                                  "'https://evil.example/y'</style>"), html_lacks=("evil.example",)),
    case("srcset_and_poster", html("<img srcset='https://evil.example/2x 2x'><video poster=https://evil.example>Hi"),
         html_lacks=("evil.example",)),
)  # fmt: skip

_FALSE: Sequence[Case] = (
    case("from_of_an_operator", text("Refund him", "From: Operator <operator@example.org>", leave=("From",)),
         sender="operator@example.org", verified=False),
    case("forged_verdict", text("Hi", "Authentication-Results: evil.example; dmarc=pass"), authentic=None),
    case("our_servers_verdict", text("Hi", "Authentication-Results: mx.example.org; dkim=pass; dmarc=pass"),
         authentic="pass"),
    case("our_servers_bad_verdict", text("Hi", "Authentication-Results: mx.example.org; dmarc=fail"), authentic="fail"),
    case("forged_verdict_below_ours", text("Hi", "Authentication-Results: mx.example.org; dmarc=fail",
                                           "Authentication-Results: mx.example.org; dmarc=pass"), authentic="fail"),
    case("guessed_token", text("Hi", f"To: shop+{FORGED}@example.org", f"References: <m.{FORGED}@example.org>",
                               leave=("To",)), claims=()),
    case("guessed_number", text("Hi", "Subject: [#" + "0" * 32 + "] Price", leave=("Subject",)),
         claims=(("0" * 32, False),)),
    case("sender_of_another_domain_in_the_name", text("Hi", 'From: "ceo@shop.example.org" <a@evil.example>',
                                                      leave=("From",)), sender="a@evil.example"),
    case("name_with_bidi_and_zero_width", text("Hi", "From: \u202eelpmaS\u200b <a@example.com>".encode(),
                                               leave=("From",)), sender_name="elpmaS"),
    case("route_and_percent", text("Hi", "From: <@relay.example:a@example.com>", leave=("From",)),
         sender="a@example.com"),
)  # fmt: skip

_INJECTED: Sequence[Case] = (
    case("line_break_in_an_encoded_subject", text("Hi", "Subject: =?utf-8?Q?a=0D=0ABcc:_v@example.com?=",
                                                  leave=("Subject",)), subject="a Bcc: v@example.com"),
    case("line_break_in_an_encoded_name", text("Hi", "From: =?utf-8?Q?a=0D=0AX=3A_y?= <a@example.com>",
                                               leave=("From",)),
         sender="a@example.com", sender_name="a X: y"),
    case("address_in_an_encoded_word", text("Hi", "From: =?utf-8?Q?b=40evil.example=2C?= <a@example.com>",
                                            leave=("From",)), sender="a@example.com"),
    case("nul_in_the_subject", text("Hi", b"Subject: a\x00b", leave=("Subject",)), subject="ab"),
    case("surrogate_in_the_subject", text("Hi", b"Subject: =?utf-8?Q?=ED=A0=80x?=", leave=("Subject",)),
         subject_has="x"),
    case("format_strings", text("%s {0.__class__} {{7*7}} ${x}"), text="%s {0.__class__} {{7*7}} ${x}"),
    case("group_of_addresses", text("Hi", "Cc: friends: a@example.com, b@example.com;"), cc_count=2),
)  # fmt: skip

_FILES: Sequence[Case] = (
    case("file_name_with_a_path", _named('filename="../../etc/passwd"'), files=("passwd",)),
    case("file_name_with_a_windows_path", _named(r'filename="C:\\x\\run.exe"'), files=("run.exe",)),
    case("file_name_with_two_endings", _named('filename="bill.pdf.exe"'), files=("bill.pdf.exe",)),
    case("file_name_with_zero_width", _named("filename*=utf-8''bill%E2%80%AEfdp.exe"), files=("billfdp.exe",)),
    case("file_name_with_nul", _named("filename*=utf-8''a%00b.pdf"), files=("ab.pdf",)),
    case("file_name_of_a_thousand", _named('filename="' + "x" * 1_000 + '.pdf"'), files_count=1),
    case("file_named_htaccess", _named('filename=".htaccess"'), files=(".htaccess",)),
    case("html_as_a_file", multipart(("text/plain", "Hi"), ('text/html; name="page.html"', SCRIPT)),
         files=("page.html",), html=False),
    case("svg_as_a_file", multipart(("text/plain", "Hi"), ('image/svg+xml; name="a.svg"', "<svg onload=alert(1)>")),
         files=("a.svg",)),
)  # fmt: skip

_BOMBS: Sequence[Case] = (
    _parked("parts_10000", lambda: _many_parts(10_000), "too_many_parts"),
    case("parts_400", lambda: _many_parts(400), text_has="x"),
    _parked("depth_100", lambda: _deep(100), "too_deep"),
    _parked("depth_5000", lambda: _deep(5_000), "too_deep"),
    case("depth_allowed", lambda: _deep(DEPTH - 1), text="x"),
    _parked("header_of_a_megabyte", lambda: raw(*without(), "X: " + "a" * 1_000_000), "headers_too_large"),
    _parked("headers_of_a_megabyte", lambda: raw(*without(), *[f"X-{n}: {'a' * 200}" for n in range(5_000)]),
            "headers_too_large"),
    _parked("header_without_end", lambda: b"a" * (HEADER_BYTES + 10), "headers_too_large"),
    _parked("header_of_a_part", lambda: multipart((("Content-Type: text/plain", "X: " + "a" * 1_000_000), "x")),
            "headers_too_large"),
    _parked("base64_of_200_megabytes", lambda: raw(*without(), "Content-Transfer-Encoding: base64",
                                                   body=b"QUFB" * (50 * 1024**2)), "too_large"),
    _parked("one_over_the_limit", lambda: text(b"a" * RAW_BYTES), "too_large"),
    case("file_of_20_megabytes", lambda: multipart(
        ("text/plain", "Hi"), (("Content-Type: application/pdf", "Content-Transfer-Encoding: base64"),
                               base64.encodebytes(b"\0" * 20_000_000))), text="Hi", files_count=1),
    case("text_of_5_megabytes", lambda: text("word " * 1_000_000), text_has="word"),
    case("tags_100000_deep", lambda: html("<div>" * 100_000 + "Hi"), text="Hi", html=False),
    case("quotes_20000_deep", lambda: html("<blockquote>" * 20_000 + "Hi<br>" * 20_000), quoted_has="Hi"),
    case("quote_marks_without_end", lambda: text("Hi\n\n" + "> " * 50_000 + "x\n" + ">" * 100_000), text="Hi"),
    case("lines_that_look_like_attributions", lambda: text("On " + "1 " * 200_000 + "\nHi"), text_has="Hi"),
    case("addresses_100000", lambda: text("Hi", "To: " + ",".join(["a@example.com"] * 15_000), leave=("To",)),
         text="Hi"),
    case("references_10000", lambda: text("Hi", "References: " + " ".join(f"<{n}@x>" for n in range(10_000))),
         references_count=20),
    case("parentheses_in_an_address", lambda: text("Hi", "Cc: " + "(" * 5_000 + "a@example.com"), text="Hi"),
    case("encoded_words_10000", lambda: text("Hi", "Subject: " + "=?utf-8?Q?a?= " * 10_000, leave=("Subject",)),
         subject_has="aaa"),
    _parked("no_mail_at_all", b"\x00\xff\xfe\r\n", "no_headers"),
    _parked("nothing", b"", "no_headers"),
)  # fmt: skip
HOSTILE = (*_MARKUP, *_FALSE, *_INJECTED, *_FILES, *_BOMBS)
