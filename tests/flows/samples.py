"""The files of the tests' flows, as sources."""

from pathlib import Path

from flows.compile import Compiled, Source, Sources, compile_flow
from flows.definition import Flow

SAMPLES = Path(__file__).parent / "samples"


def source(name: str) -> Source:
    return Source(name, (SAMPLES / name).read_text(encoding="utf-8"))


def b2b() -> Sources:
    return Sources(source("b2b.yml"), {"en": source("b2b.en.yml")}, source("bot.yml"))


def lead10() -> Sources:
    return Sources(source("lead10.yml"))


def compiled(text: str, *, file: str = "flow.yml") -> Compiled:
    return compile_flow(Sources(Source(file, text)))


def flow_of(sources: Sources, *, version: int = 1) -> Flow:
    found = compile_flow(sources, version=version)
    assert found.flow is not None, [str(problem) for problem in found.problems]
    return found.flow
