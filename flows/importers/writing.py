"""Writes an imported flow and its translations as YAML that people can go on with."""

import io
from dataclasses import dataclass, field

Value = str | int | float | bool | list[str] | dict[str, str]
Step = dict[str, Value]


@dataclass(slots=True)
class Draft:
    """What a flow will consist of. `translations` are the texts by language and key."""

    name: str
    lang: str
    title: str | None = None
    steps: list[Step] = field(default_factory=list)
    score: dict[str, float] = field(default_factory=dict)
    outcomes: list[dict[str, str]] = field(default_factory=list)
    translations: dict[str, dict[str, str]] = field(default_factory=dict)


def written(draft: Draft) -> str:
    """The flow's own file."""
    head: dict[str, object] = {"flow": draft.name, "lang": draft.lang}
    if draft.title:
        head["title"] = draft.title
    score = {"score": draft.score} if draft.score else {}
    return _yaml(head | {"ask": draft.steps} | score | {"outcomes": draft.outcomes})


def translation(draft: Draft, lang: str) -> str:
    """The file of another language."""
    return _yaml(draft.translations[lang])


def _yaml(tree: object) -> str:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.width = 10_000  # a text stays on its line
    yaml.indent(mapping=2, sequence=2, offset=0)
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()
