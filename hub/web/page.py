"""Shapes that many routes share: a page of a list, an empty body, a key."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hub.model.base import Written

ItemT = TypeVar("ItemT")

PAGE_LIMIT = 100
POSITION_LIMIT = 2**53 - 1  # what a browser counts exactly

Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    Field(
        description="Chosen by the client, one for each thing it wants to happen, such as a UUID. The same key again "
        "gives the same answer, also after a restart, and nothing happens twice."
    ),
]
"""Chosen by the client, one for each thing it wants to happen: the same key again gives the same answer."""
Position = Annotated[int, Field(ge=0, le=POSITION_LIMIT)]
Limit = Annotated[int, Field(ge=1, le=PAGE_LIMIT, description="How many at most.")]
Cursor = Annotated[
    str, StringConstraints(max_length=512), Field(description="The `next` of the page before; without it, the first.")
]


class Page(BaseModel, Generic[ItemT]):
    """One page of a list. `next` is the cursor of the next page, null on the last."""

    model_config = ConfigDict(frozen=True)

    items: Sequence[ItemT]
    next: str | None


class Empty(Written):
    """Nothing."""


class Making(Written):
    """Something to be made. With a `key` it is made once."""

    key: Annotated[
        Key | None,
        Field(
            description="Chosen by the client, one for each thing that it makes, such as a UUID. The same key and body "
            "again within a day give the same answer and make nothing new; another body is refused (`key_reused`), "
            "and so is what was deleted since (`deleted`)."
        ),
    ] = None


class Keyed(Written):
    """A request with nothing but its key."""

    key: Key
