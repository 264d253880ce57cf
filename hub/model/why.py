"""Why something did not work, so that it can be said in any language."""

from pydantic import Field

from hub.model.base import Stored


class Why(Stored):
    """A reason. `code` is stable and names a sentence of `connectors/reasons.json`, `facts` is what stands in it.

    `said` are the words of the service or server itself, which are shown as they are; without a code there is
    nothing else.
    """

    code: str = ""
    facts: dict[str, str] = Field(default_factory=dict)
    said: str = ""
