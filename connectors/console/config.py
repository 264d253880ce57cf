"""What can be set on a console channel."""

from pydantic import Field

from hub.model.base import Written


class Settings(Written):
    """The channel's settings, checked when it is opened."""

    shown_within_s: float = Field(10, gt=0, le=60, description="How long a terminal may take to show a message.")
