"""Why something did not work: the sentences for it in Russian and English, one source for hub and inbox."""

import re
from collections.abc import Mapping
from pathlib import Path

import orjson

from hub.model.why import Why

REASONS: Mapping[str, Mapping[str, str]] = orjson.loads(Path(__file__).with_name("reasons.json").read_bytes())
"""The sentences of each code by language. The inbox reads the same file."""

_PLACE = re.compile(r"\{(\w+)\}")


def why(code: str, /, said: object = "", **facts: object) -> Why:
    """A reason with a sentence of its own. `said` are the service's own words; `facts` stand in the sentence."""
    return Why(code=code, facts={name: str(value) for name, value in facts.items()}, said=str(said).strip())


def as_said(text: str) -> Why:
    """A reason that has no sentence but these words."""
    return Why(said=text)


def sentence(reason: Why, language: str = "en") -> str:
    """The reason in a language, what the service said behind it; that alone where the code has no sentence."""
    words = REASONS.get(reason.code)
    if words is None:
        return reason.said
    filled = _PLACE.sub(lambda place: reason.facts.get(place[1], place[0]), words[language])
    return f"{filled} “{reason.said}”" if reason.said else filled
