"""Names of things outside a flow: the teams, webhooks and stages that it mentions, held against the project's."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flows.load import Node
from flows.problems import Problem, Severity
from flows.words import key_of

CLOSE = 0.8
"""How alike two stages are before one is taken for a slip of the other: a new stage is nothing wrong."""


class NameKind(StrEnum):
    """What a name stands for."""

    TEAM = "team"
    WEBHOOK = "webhook"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A name where it stands."""

    kind: NameKind
    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What the project has. `teams` are their names as people see them, `team_ids` work in a flow as well."""

    teams: Sequence[str] = ()
    team_ids: Collection[str] = ()
    webhooks: Collection[str] = ()
    stages: Collection[str] = ()


def team_word(name: str) -> str:
    """A team's name as a flow writes it: `second-line` for "Second line"."""
    return key_of(name).replace(" ", "-")


def unknown_names(mentioned: Iterable[Mentioned], known: KnownNames) -> list[Problem]:
    """A warning for each name that the project does not have: it may still be made before the flow is begun."""
    found = (_unknown(one, known) for one in mentioned)
    return list(dict.fromkeys(problem for problem in found if problem))


def _unknown(one: Mentioned, known: KnownNames) -> Problem | None:
    match one.kind:
        case NameKind.TEAM:
            words = [team_word(team) for team in known.teams]
            if one.name in known.team_ids or key_of(one.name) in {key_of(team) for team in known.teams}:
                return None
            sentence = f"The project has no team `{one.name}`: the channel's own gets the conversation."
            return _warning(one, "unknown_team", sentence, _nearest(one.name, words) or _listed(words))
        case NameKind.WEBHOOK:
            if one.name in known.webhooks:
                return None
            sentence = f"The project has no webhook `{one.name}`: nothing is called."
            return _warning(
                one, "unknown_webhook", sentence, _nearest(one.name, known.webhooks) or _listed(known.webhooks)
            )
        case NameKind.STAGE:
            nearest = _nearest(one.name, known.stages, CLOSE)
            if one.name in known.stages or nearest is None:
                return None
            return _warning(one, "unknown_stage", f"Nothing else uses the stage `{one.name}`.", nearest)


def _warning(one: Mentioned, code: str, sentence: str, suggestion: str | None) -> Problem:
    node = one.node
    return Problem(node.file, node.line, node.column, code, sentence, suggestion, Severity.WARNING)


def _nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    close = difflib.get_close_matches(name.casefold(), list(known), n=1, cutoff=cutoff)
    return f"Did you mean `{close[0]}`?" if close else None


def _listed(known: Iterable[str]) -> str | None:
    words = ", ".join(f"`{word}`" for word in sorted(known))
    return f"Write one of: {words}." if words else None
