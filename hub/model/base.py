"""The two bases of the model: what people write, and what the store returns."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def _to_millisecond(value: datetime) -> datetime:
    if value.tzinfo is UTC and value.microsecond % 1000 == 0:  # as the hub's own clock gives it
        return value
    try:
        utc = value.astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar, in another zone
        raise ValueError("This time is out of range.") from None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _rfc3339(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_to_millisecond),
    PlainSerializer(_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A point in time in UTC, cut to the millisecond as the store keeps it and as the wire shows it."""


class Stored(BaseModel):
    """What the database returns. Unknown fields are ignored: a newer process may have written them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Written(BaseModel):
    """What a person or another program writes to us. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
