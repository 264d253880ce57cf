"""From a terminal's line to events. Pure: the same bytes always give the same events."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from connectors.errors import PayloadInvalid
from connectors.text import clean_name, clean_text
from hub.model.base import Written
from hub.model.events import InboundEvent, MessageReceived, Sender
from hub.model.strict_json import WEBHOOK_DEPTH, BadJson, parse_json

ADDRESS_KIND = "console"
TEXT_LIMIT = 4_000

LineId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class Say(Written):
    """Somebody wrote a line. `id` is made by the terminal: the same id again is the same line."""

    type: Literal["say"]
    id: LineId
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT)]


class Shown(Written):
    """The terminal has shown the message of this id."""

    type: Literal["shown"]
    id: LineId


Line = Say | Shown
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="type")])


def read_line(raw: bytes) -> Line:
    """The line that `raw` holds. Raises `PayloadInvalid`, which says what is wrong with it."""
    try:
        return _LINE.validate_python(parse_json(raw, depth=WEBHOOK_DEPTH))
    except BadJson as error:
        raise PayloadInvalid(error.detail, error.code) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "line"
        raise PayloadInvalid(f"{place}: {first['msg']}") from error


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """The events in a line: one message, or none. Raises `PayloadInvalid`."""
    line = read_line(raw)
    if isinstance(line, Shown):
        return []
    name = clean_name(line.name)
    if not name:
        raise PayloadInvalid("name: nothing of it can be shown")
    # The id is unique in one terminal only, so the name stands before it.
    return [
        MessageReceived(
            external_id=f"{name}:{line.id}",
            sender=Sender(kind=ADDRESS_KIND, value=name, name=name, verified=False),
            text=clean_text(line.text),
        )
    ]
