"""The HTML of a mail as it may be shown: cleaned by an allow-list, remote pictures only when asked.

Cleaned when it is shown, from the raw mail, so that a better list counts for old mail too. Whoever shows it puts it
into a sandboxed frame with a policy of its own: this is one of two walls.
"""

import base64
import re
from collections.abc import Mapping

import nh3

from connectors.abilities import ShownHtml
from connectors.email.mime import MailFile, read_mail

PICTURE_BYTES = 2 * 1024**2
PICTURES_BYTES = 8 * 1024**2
NESTED = 1_000
"""Elements that are open at once. Cleaning takes the square of this: a hundred thousand take minutes."""
RASTER = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_TAGS = nh3.ALLOWED_TAGS - {"map", "area"} | {"font", "center"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "align", "valign", "width", "height", "bgcolor"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset(
    {
        "br",
        "img",
        "hr",
        "meta",
        "link",
        "input",
        "col",
        "area",
        "base",
        "wbr",
        "source",
        "p",
        "li",
        "td",
        "tr",
        "th",
        "dd",
        "dt",
        "option",
    }
)  # the latter end where the next begins
_SIDES = ("top", "right", "bottom", "left")
# Nothing here can hold a url(): a background or a list's picture would be fetched.
_STYLES = {
    "color", "background-color", "font-family", "font-size", "font-style", "font-weight", "line-height", "text-align",
    "text-decoration", "text-transform", "vertical-align", "white-space", "width", "max-width", "height", "display",
    "border", "border-color", "border-style", "border-width", "border-collapse", "border-radius", "padding", "margin",
    *(f"{name}-{side}" for name in ("padding", "margin", "border") for side in _SIDES),
}  # fmt: skip


def html_view(raw: bytes, *, remote_images: bool) -> ShownHtml | None:
    """What to show of a raw mail; None when it has no HTML that can be shown. Raises `PayloadInvalid`."""
    mail = read_mail(raw)
    if mail.html is None or not can_be_shown(mail.html):
        return None
    pictures = _pictures(mail.files)
    blocked = 0

    def allow(tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if (tag, name) != ("img", "src"):
            return value
        if value.startswith("cid:"):
            return pictures.get(value.removeprefix("cid:"))
        if not remote_images:
            blocked += 1
            return None
        return value if value.startswith("https://") else None

    html = nh3.clean(
        mail.html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=allow,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
    )
    return ShownHtml(html, blocked)


def can_be_shown(html: str) -> bool:
    """Whether the elements are nested as an honest author nests them; else the text has to do."""
    depth = 0
    for match in _TAG.finditer(html):
        if match[1]:
            depth = max(0, depth - 1)
        elif match[2].lower() not in _VOID:
            depth += 1
            if depth > NESTED:
                return False
    return True


def _pictures(files: tuple[MailFile, ...]) -> Mapping[str, str]:
    """The mail's own pictures by their content id, as `data:` addresses; those within the limits."""
    found: dict[str, str] = {}
    room = PICTURES_BYTES
    for file in files:
        size = len(file.content)
        if file.content_id and file.media_type in RASTER and size <= min(PICTURE_BYTES, room):
            room -= size
            found[file.content_id] = f"data:{file.media_type};base64,{base64.b64encode(file.content).decode()}"
    return found
