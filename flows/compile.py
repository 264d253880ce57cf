"""From YAML to a compiled flow: one entry point that reads, checks and reports every problem at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.definition import Flow
from flows.problems import Problem


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name of the file it came from, for messages."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a flow is made of. `library` are the other flows by name, for `use` and `start`.

    With an empty library the names of other flows are not checked, since nobody knows them.
    """

    flow: Source
    translations: Mapping[str, Source] = field(default_factory=dict)
    bot: Source | None = None
    library: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The flow, or None when a problem is an error; warnings come with a flow."""

    flow: Flow | None
    problems: tuple[Problem, ...] = ()


def compile_flow(sources: Sources, *, version: int = 0, patch: int = 0) -> Compiled:
    """Read and check `sources`. Every problem of every file is reported, not just the first."""
    raise NotImplementedError


def text_only_change(old: Sources, new: Sources) -> bool:
    """Whether `new` differs from `old` in texts alone, so that it may reach sessions that are under way."""
    raise NotImplementedError
