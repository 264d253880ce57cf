"""What can be set on a web chat channel."""

import re
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hub.model.base import Written

_DOMAIN = re.compile(r"^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"“{name}” is no time zone; write one such as Europe/Moscow") from None
    return name


def _domain(name: str) -> str:
    if not _DOMAIN.fullmatch(name.lower()):
        raise ValueError(f"“{name}” is no domain; write it as shop.example or *.shop.example")
    return name.lower()


def _region(code: str) -> str:
    if code.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"“{code}” is no country; write two letters such as RU")
    return code.upper()


Label = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class FieldType(StrEnum):
    """What may be typed into a field of a form."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    CHOICE = "choice"
    CONSENT = "consent"


class FormField(Written):
    """One field of the pre-chat or the offline form. `name` is the contact's field; “name” itself is their name."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    label: Label
    type: FieldType = FieldType.TEXT
    required: bool = False
    choices: tuple[Label, ...] = ()

    @model_validator(mode="after")
    def _has_choices(self) -> Self:
        if (self.type is FieldType.CHOICE) != bool(self.choices):
            raise ValueError(f"field “{self.name}”: choices belong to the type “choice”, and it needs some")
        return self


class OpenHours(Written):
    """From `opens` to `closes` on some days of the week, 1 Monday to 7 Sunday. `closes` may be 24:00."""

    days: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    opens: Annotated[str, StringConstraints(pattern=_CLOCK)]
    closes: Annotated[str, StringConstraints(pattern=rf"{_CLOCK}|^24:00$")]

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("hours must close after they open; split a night into two days")
        return self

    def cover(self, weekday: int, clock: time) -> bool:
        """Whether a local time of a weekday lies in them."""
        now = clock.strftime("%H:%M")
        return weekday in self.days and self.opens <= now < self.closes


class Limits(Written):
    """What one visitor, and loosely one address, may do. An office behind one address stays below the loose ones."""

    messages_per_minute: int = Field(60, gt=0, description="Messages of one visitor.")
    uploads_per_hour: int = Field(60, gt=0, description="Files of one visitor.")
    visitors_per_address_minute: int = Field(120, gt=0, description="New visitors from one address.")
    frames_per_10_s: int = Field(20, gt=0, description="Frames of one visitor over all sockets.")
    sockets_per_visitor: int = Field(5, gt=0, description="Sockets of one visitor at once.")
    sockets_per_address: int = Field(500, gt=0, description="Sockets from one address at once.")
    sockets: int = Field(10_000, gt=0, description="Sockets of this channel in one process.")


class Settings(Written):
    """The channel's settings, checked when it is opened."""

    title: Annotated[str, StringConstraints(max_length=128)] = "Chat"
    subtitle: Annotated[str, StringConstraints(max_length=255)] = ""
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#2457d6"
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    allowed_domains: tuple[Annotated[str, AfterValidator(_domain)], ...] = ()
    prechat: tuple[FormField, ...] = ()
    offline_form: bool = False
    offline_fields: tuple[FormField, ...] = (
        FormField(name="email", label="E-mail", type=FieldType.EMAIL, required=True),
    )
    consent: Annotated[str, StringConstraints(max_length=1000)] | None = None
    uploads: bool = True
    upload_bytes: int = Field(10 * 1024**2, gt=0, le=25 * 1024**2)
    text_limit: int = Field(4_000, gt=0, le=20_000)
    elsewhere: bool = Field(True, description="Visitors may go on in Telegram, where a bot of the project runs.")
    keep_page: bool = Field(False, description="Store the page and the referrer the visitor came from.")
    phone_region: Annotated[str, AfterValidator(_region)] = "RU"
    hours: tuple[OpenHours, ...] = Field((), description="When somebody answers; none means always.")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    identity_required: bool = Field(False, description="Only visitors whom the page signs in may write.")
    identity_generation: int = Field(1, ge=1, description="Raise it to give the page a new key.")
    identity_accept_previous: bool = Field(False, description="Let the key before this one work as well.")
    limits: Limits = Limits()

    def online(self, now: datetime) -> bool:
        """Whether `now` lies in business hours."""
        if not self.hours:
            return True
        local = now.astimezone(ZoneInfo(self.time_zone))
        return any(hours.cover(local.isoweekday(), local.time()) for hours in self.hours)

    def form(self, *, online: bool) -> tuple[FormField, ...]:
        """What is asked before the first message."""
        return self.prechat if online or not self.offline_form else (*self.prechat, *self._only_offline())

    def _only_offline(self) -> tuple[FormField, ...]:
        known = {field.name for field in self.prechat}
        return tuple(field for field in self.offline_fields if field.name not in known)
