"""What can be set on a form channel."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from hub.model.base import Written

_SITE = re.compile(r"^https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")


def _site(value: str) -> str:
    if not _SITE.fullmatch(value.lower()):
        raise ValueError(f"“{value}” is no site; write it as https://shop.example or https://*.shop.example")
    return value.lower()


class Settings(Written):
    """One place where forms are filled in. `sites` are those that may show them in a frame; none means nobody.

    `posts_per_minute` bounds what one network address sends; an office behind one address has to fit in.
    """

    sites: Annotated[tuple[Annotated[str, AfterValidator(_site)], ...], Field(max_length=50)] = ()
    posts_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 120
