"""What can be set on a form channel."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hub.model.base import Written

_SITE = re.compile(r"^https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")


def _site(value: str) -> str:
    if not _SITE.fullmatch(value.lower()):
        raise ValueError(f"“{value}” is no site; write it as https://shop.example or https://*.shop.example")
    return value.lower()


Target = Annotated[
    str, StringConstraints(pattern=r"^(name|phone|email|text|card|hide|wanted|page|contact\.[a-z][a-z0-9_]{0,63})$")
]
"""`card`: only a line of the message. `hide`: not even that. `contact.<name>`: a field of the contact, too.

`wanted`: when they want to be called; `page`: where they were.
"""


class Mapped(Written):
    """What one field of a form is. `field` is its name, in JSON the dotted path (`lead.phone`, `answers.0.value`)."""

    field: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    to: Target


class CallBackRule(Written):
    """That a call back is promised for each submission with a number. `within_s` None: by the hub's norm."""

    within_s: Annotated[int, Field(ge=1, le=7 * 86_400)] | None = None


SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
SourceMapping = Annotated[tuple[Mapped, ...], Field(max_length=200)]


class Settings(Written):
    """One place where forms are filled in. `sites` are those whose pages may show and send forms; none means nobody.

    `mapping` says what fields are; those it does not name are told by their names. `thanks` is where a browser goes
    after it has sent a plain HTML form. `secret` is what other systems show at `/tilda`, `/typeform` and `/json`.
    `posts_per_minute` bounds what one network address sends (an office behind one address has to fit in),
    `channel_posts_per_minute` what all of them send.
    """

    sites: Annotated[tuple[Annotated[str, AfterValidator(_site)], ...], Field(max_length=50)] = ()
    posts_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 120
    channel_posts_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 1_200
    mapping: Annotated[tuple[Mapped, ...], Field(max_length=200)] = ()
    mappings: Annotated[dict[SourceName, SourceMapping], Field(max_length=20)] = Field(default_factory=dict)
    """Of the systems that have one of their own (`tilda`, `json` ...); the others go by `mapping`."""
    thanks: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    secret: Annotated[str, StringConstraints(min_length=16, max_length=200)] | None = None
    join_s: Annotated[int, Field(ge=0, le=86_400)] = 120
    """For so long the same content of the same sender is one submission."""
    fill_s: Annotated[float, Field(ge=0, le=60)] = 2.0
    """No person fills in a form faster; only our script can tell."""
    stamp_required: bool = False
    altcha: bool = False
    """A proof of work before each form: needs scripts in the browser."""
    call_back: CallBackRule | None = None
    """Every form with a phone number is a call to be made; None makes none but those that ask for it themselves."""
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "RU"
    """Whose numbers are written without a country code."""

    def mapping_of(self, source: str) -> tuple[Mapped, ...]:
        """What the fields are of what comes by this door; empty for a site's own forms."""
        return self.mappings.get(source, self.mapping)

    @model_validator(mode="after")
    def _thanks_on_a_site(self) -> Self:
        if self.thanks is not None and not site_allowed(self.thanks, self.sites):
            raise ValueError("the page to say thanks must be on one of the channel's sites")
        return self


def site_allowed(url: str, sites: tuple[str, ...]) -> bool:
    """Whether an origin, or the address of a page, belongs to one of the sites."""
    if not url.isprintable() or " " in url or "\\" in url:  # browsers and urlsplit read these differently
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not host:
        return False
    return any(_is_site(parts.scheme, host, port, site) for site in sites)


def _is_site(scheme: str, host: str, port: int | None, site: str) -> bool:
    usual = {"http": 80, "https": 443}
    allowed = urlsplit(site)
    name = allowed.hostname or ""
    if scheme != allowed.scheme or (port or usual[scheme]) != (allowed.port or usual[scheme]):
        return False
    return host == name or (name.startswith("*.") and host.endswith(name[1:]))
