"""From what came by one of the doors to a submission: its source's way of reading, then the channel's mapping. Pure."""

from connectors.forms.bodies import read_body
from connectors.forms.config import Settings
from connectors.forms.parse import Submission, submission
from connectors.forms.sources import SOURCES, Call


def understood(source: str, raw: bytes, content_type: str, settings: Settings) -> Submission:
    """What a body says; `source` is empty for a site's own forms. Raises `PayloadInvalid`."""
    known = SOURCES.get(source)
    if known is None:
        return submission(read_body(raw, content_type), settings)
    body = known.read(Call(raw, content_type, "", "", None))
    return submission(body, settings, hidden=known.hidden, calls=known.calls, source=source)
