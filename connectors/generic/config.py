"""What can be set on a generic channel."""

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.model.base import Written


class Settings(Written):
    """One system of yours. `webhook` names the project's outgoing webhook that gets what is written to its contacts.

    `secret` is what the system shows at the channel's own address; without one only the API takes messages.
    `messages_per_minute` bounds what the system sends.
    """

    webhook: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")] | None = None
    secret: Annotated[str, StringConstraints(min_length=16, max_length=200)] | None = None
    messages_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 3_000
