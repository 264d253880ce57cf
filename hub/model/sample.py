"""Samples: things that came in, kept for a while for whoever says what they are."""

from hub.model.base import Moment, Stored


class Sample(Stored):
    """Something that came in, as it came: `source` names the door it came by, where a channel has several."""

    source: str
    content_type: str
    raw: bytes
    at: Moment | None = None
