"""The rules of the grammar as data: every file in `cases/` whose entries have a flow and conversations, or problems."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from flows.compile import Source, Sources, compile_flow
from flows.compile.questions import STEP_WORDS, TYPES
from flows.definition import Flow, Part, Question, SayStep
from flows.effects import Effect
from flows.engine import Verdict
from flows.events import Event, Mode
from flows.simulate import Result, run_transcripts
from tests.flows.samples import source

CASES = Path(__file__).parent / "cases"
GROUPS = [
    (file.stem, group) for file in sorted(CASES.glob("*.yaml")) for group in YAML(typ="safe", pure=True).load(file)
]
DIALOGS = [(stem, group, case) for stem, group in GROUPS for case in group.get("cases", [])]
REFUSALS = [pytest.param(group, id=f"{stem}: {group['name']}") for stem, group in GROUPS if "problems" in group]


def sources_of(group: dict[str, Any]) -> Sources:
    """The files of a case; `sample` names one of the samples."""
    if "sample" in group:
        name = group["sample"]
        return Sources(source(f"{name}.yml"), {"en": source(f"{name}.en.yml")}, source("bot.yml"))
    translations = {lang: Source(f"flow.{lang}.yml", text) for lang, text in group.get("translations", {}).items()}
    library = {name: Source(f"{name}.yml", text) for name, text in group.get("library", {}).items()}
    bot = Source("bot.yml", group["bot"]) if "bot" in group else None
    return Sources(Source("flow.yml", group["flow"]), translations, bot, library)


def flow_in(group: dict[str, Any]) -> Flow:
    found = compile_flow(sources_of(group), version=1)
    assert found.flow is not None, [str(problem) for problem in found.problems]
    return found.flow


def played(group: dict[str, Any], case: dict[str, Any]) -> Result:
    text = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.allow_unicode = True
    writer.width = 10_000
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump([case], text)
    (result,) = run_transcripts(flow_in(group), Source("case", text.getvalue()))
    return result


@pytest.mark.parametrize(
    ("group", "case"), [pytest.param(group, case, id=f"{stem}: {case['name']}") for stem, group, case in DIALOGS]
)
def test_a_conversation_goes_as_it_is_written(group: dict[str, Any], case: dict[str, Any]) -> None:
    result = played(group, case)
    assert result.problems == (), "\n".join([*map(str, result.problems), "--- said:", *result.said])


@pytest.mark.parametrize("group", REFUSALS)
def test_a_wrong_flow_is_refused_where_it_is_wrong(group: dict[str, Any]) -> None:
    """The place, the code, and a part of the sentence or the suggestion where the case names it."""
    found = compile_flow(sources_of(group))
    places = [
        f"{problem.file.removeprefix('flow.yml')}{':' if problem.file != 'flow.yml' else ''}"
        f"{problem.line}:{problem.column} {problem.code}"
        for problem in found.problems
    ]
    assert places == group["problems"], [str(problem) for problem in found.problems]
    assert (found.flow is None) is bool(places)
    for words in group.get("mentions", []):
        assert any(words in str(problem) for problem in found.problems), [str(problem) for problem in found.problems]


def all_results() -> Iterator[tuple[dict[str, Any], dict[str, Any], Result]]:
    for _, group, case in DIALOGS:
        yield group, case, played(group, case)


def test_every_question_type_step_effect_and_mode_has_a_case() -> None:
    """A type, a kind of step or an effect that is added without a case fails here."""
    types, steps, effects, modes = set(), set(), set(), set()
    for group, case, result in all_results():
        flow = flow_in(group)
        types |= {flow.questions[key].type.value for key in result.asked}
        effects |= {type(effect) for effect in result.effects}
        modes.add(case.get("mode", "chat"))
        for step in flow.steps:
            steps.add("part" if isinstance(step, Part) else "say" if isinstance(step, SayStep) else
                      "question" if isinstance(step, Question) else "do")  # fmt: skip
        if "use:" in group.get("flow", ""):
            steps.add("use")
    assert types == set(TYPES)
    assert steps == {*STEP_WORDS, "question"}
    assert effects == set(get_args(Effect))
    assert modes == {mode.value for mode in Mode}


def test_every_verdict_has_a_case() -> None:
    asserted = {
        item["verdict"] for _, group in GROUPS for case in group.get("cases", []) for item in case.get("steps", [])
        if "verdict" in item
    }  # fmt: skip
    assert asserted == {verdict.value for verdict in Verdict}


EVENT_WORDS = {
    "Begin": "steps", "Said": "say", "Filled": "fill", "TimedOut": "wait", "Held": "hold", "Resumed": "resume",
    "Stopped": "stop",
}  # fmt: skip


def test_every_event_has_a_case() -> None:
    words = {
        word
        for _, group in GROUPS
        for case in group.get("cases", [])
        for item in case.get("steps", [])
        for word in item
    }
    assert {kind.__name__ for kind in get_args(Event)} == EVENT_WORDS.keys()
    assert set(EVENT_WORDS.values()) <= words | {"steps"}
