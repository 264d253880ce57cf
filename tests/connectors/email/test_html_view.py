"""The HTML of a mail as it may be shown."""

import pytest

from connectors.email.html_view import html_view
from tests.connectors.email.mails import mail, raw


def shown(html: str, *, remote_images: bool = False) -> str:
    message = mail("Plain")
    message.add_alternative(html, subtype="html")
    found = html_view(message.as_bytes(), remote_images=remote_images)
    assert found is not None
    return found.html


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src=https://evil.example></iframe>",
        "<form action=https://evil.example><input name=password></form>",
        "<svg onload=alert(1)>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<link rel=stylesheet href=https://evil.example>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<object data=https://evil.example></object>",
        "<base href=https://evil.example>",
    ],
)
def test_what_could_run_or_fetch_is_taken_out(html: str) -> None:
    found = shown(html).lower()
    for word in (
        "script",
        "onclick",
        "onerror",
        "onload",
        "iframe",
        "<form",
        "<input",
        "<link",
        "<meta",
        "<object",
        "<base",
    ):
        assert word not in found
    assert "evil.example" not in found


def test_styles_that_fetch_are_taken_out_and_others_stay() -> None:
    found = shown('<p style="color:red;background:url(https://t.example/p);position:fixed">x</p><style>p{}</style>')
    assert found.strip() == '<p style="color:red">x</p>'


def test_remote_pictures_are_shown_only_when_asked() -> None:
    """And then only over an encrypted line."""
    html = '<img src="https://t.example/p.png"><img src="http://t.example/p.png">'
    message = mail("Plain")
    message.add_alternative(html, subtype="html")
    found = html_view(message.as_bytes(), remote_images=False)
    assert found is not None
    assert (found.blocked, "t.example" in found.html) == (2, False)
    assert shown(html, remote_images=True).count("t.example") == 1


def test_the_mails_own_pictures_are_inside() -> None:
    message = mail("Plain")
    message.add_alternative('<img src="cid:logo"><img src="cid:none">', subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo>")  # type: ignore[index,union-attr]
    found = html_view(message.as_bytes(), remote_images=False)
    assert found is not None
    assert found.html.count("data:image/png;base64,iVBORw==") + found.html.count("data:image/png;base64,iVBOR") >= 1
    assert "cid:" not in found.html


def test_links_open_elsewhere_and_tell_nobody_where_from() -> None:
    found = shown('<a href="https://example.com">x</a>')
    assert 'target="_blank"' in found
    assert "noopener noreferrer" in found


def test_a_mail_without_html_has_nothing_to_show() -> None:
    assert html_view(raw("From: a@example.com"), remote_images=False) is None
