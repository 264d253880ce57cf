"""Compiling: what a flow's files must be, and what is said when they are not."""

from flows.compile import Sources, compile_flow
from flows.definition import Question, QuestionType
from tests.flows.samples import b2b, flow_of, lead10, source


def test_the_b2b_flow_with_its_translation_and_shared_settings_has_no_problem() -> None:
    found = compile_flow(b2b(), version=3)
    assert found.problems == ()
    assert found.flow is not None
    assert found.flow.langs == ("ru", "en")
    assert len(found.flow.questions) == 14
    assert {step.type for step in found.flow.steps if isinstance(step, Question)} == set(QuestionType) - {"yesno"}
    assert [outcome.name for outcome in found.flow.outcomes] == ["hot", "warm", "no_consent", "cold"]
    assert found.flow.questions["role"].options[0].label == {"ru": "Собственник", "en": "Owner"}


def test_the_smallest_useful_survey_has_ten_questions_and_at_most_forty_lines() -> None:
    flow = flow_of(lead10())
    assert len(flow.questions) == 10
    assert len(source("lead10.yml").text.splitlines()) <= 40


def test_the_digest_changes_with_any_file_and_not_with_their_names() -> None:
    sources = b2b()
    other = Sources(sources.flow, sources.translations)
    renamed = Sources(type(sources.flow)("x.yml", sources.flow.text), sources.translations, sources.bot)
    assert sources.digest() != other.digest()
    assert sources.digest() == renamed.digest()
