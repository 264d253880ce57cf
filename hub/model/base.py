"""The two bases of the model: what people write, and what the store returns."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def _to_millisecond(value: datetime) -> datetime:
    if value.tzinfo is UTC and value.microsecond % 1000 == 0:  # as the hub's own clock gives it
        return value
    try:
        utc = value.astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar, in another zone
        raise ValueError("This time is out of range.") from None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def rfc3339(value: datetime) -> str:
    """A moment as the wire shows it."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_to_millisecond),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A point in time in UTC, cut to the millisecond as the store keeps it and as the wire shows it."""


class Stored(BaseModel):
    """What the database returns. Unknown fields are ignored: a newer process may have written them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Written(BaseModel):
    """What a person or another program writes to us. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ModelT = TypeVar("ModelT", bound=BaseModel)
_set = object.__setattr__  # the models are frozen


def as_given(kind: type[ModelT]) -> type[ModelT]:
    """The constructor of `kind` for values that are valid already, as parts of other models are: none is looked at.

    For what every message passes: a sixth of the time. `model_construct` takes longer than validation.
    """
    fields = kind.model_fields
    assert not any(field.default_factory for field in fields.values())
    empty = {name: None if field.is_required() else field.default for name, field in fields.items()}
    given = set(fields)

    def make(**values: Any) -> ModelT:
        return _filled(kind, {**empty, **values}, given)

    return cast("type[ModelT]", cast("Callable[..., ModelT]", make))


def altered(model: ModelT, **values: Any) -> ModelT:
    """A copy of `model` with some values that are valid already."""
    return _filled(type(model), {**model.__dict__, **values}, model.__pydantic_fields_set__)


def _filled(kind: type[ModelT], values: dict[str, Any], given: set[str]) -> ModelT:
    made = kind.__new__(kind)
    _set(made, "__dict__", values)
    _set(made, "__pydantic_fields_set__", given)
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made
