"""The two bases of the model: what people write, and what the store returns."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _to_millisecond(value: datetime) -> datetime:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Moment = Annotated[AwareDatetime, AfterValidator(_to_millisecond)]
"""A point in time with its zone, cut to the millisecond as the store keeps it."""


class Stored(BaseModel):
    """What the database returns. Unknown fields are ignored: a newer process may have written them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Written(BaseModel):
    """What a person or another program writes to us. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
