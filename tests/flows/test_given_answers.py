"""Given answers: played in every mode, compared with what was expected, and a difference says where and what."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.compile import Source, Sources, compile_flow
from flows.definition import Flow
from flows.events import Mode
from flows.session import State
from flows.simulate import Player, run_through, run_transcripts
from flows.simulate.plain import plain_effect

FLOW = """\
flow: tea
lang: en
ask:
- agree: consent
  text: May we keep your answers?
- drink: choice
  text: What would you like?
  options: {tea: Tea, coffee: Coffee}
- cups: number
  if: drink == "tea"
  text: How many cups?
  range: 1..20
  save: contact.cups
- do: {tag: asked}
- menu: file
  text: Send us your menu
  accept: [pdf]
  optional: true
- place: location
  text: Where are you?
  optional: true
score:
  cups >= 5: 10
outcomes:
- party: score >= 10
  say: So many!
  do: {stage: party, escalate: {to: first-line, away: {tag: later}}}
- done: else
  say: Thank you!
"""


def tea() -> Flow:
    flow = compile_flow(Sources(Source("tea.yml", FLOW))).flow
    assert flow is not None
    return flow


def play(text: str) -> list[str]:
    """The problems of transcripts, as the terminal shows them."""
    return [str(problem) for result in run_transcripts(tea(), Source("t.yml", text)) for problem in result.problems]


GOOD = """\
- name: a party
  given:
    agree: true
    drink: tea
    cups: 8 cups
    menu: menu.pdf
    place: {latitude: 55.75, longitude: 37.62}
  asked: [agree, drink, cups, menu, place]
  answers: {cups: 8, drink: tea, menu: [menu.pdf], place: {latitude: 55.75, longitude: 37.62}}
  outcome: party
  state: done
  score: 10
  effects: [field cups 8, tag asked, stage party, escalate first-line]
  says: So many!
"""


def test_given_answers_come_to_the_same_end_in_every_mode() -> None:
    """A transcript with given answers is played in all five modes."""
    (result,) = run_transcripts(tea(), Source("t.yml", GOOD))
    assert result.passed, result.problems
    assert "So many!" in result.said


@pytest.mark.parametrize(
    ("wrong", "right", "sentence"),
    [
        ("outcome: party", "outcome: done", "The outcome should be `done`, but is `party`."),
        ("score: 10", "score: 20", "The score should be `20`, but is `10`."),
        ("state: done", "state: active", "The state should be `active`, but is `done`."),
        (
            "cups, menu, place]",
            "menu, place]",
            "The questions asked should be `agree, drink, menu, place`, but is `agree",
        ),
        ("{cups: 8,", "{cups: 9,", "The answer to `cups` should be `9`, but is `8`."),
        ("drink: tea, menu", "drink: coffee, menu", "The answer to `drink` should be `coffee`, but is `tea`."),
        ("[menu.pdf]", "[other.pdf]", "The answer to `menu` should be"),
        ("tag asked", "tag late", "The effect `tag late` did not happen here."),
        ("So many!", "So few!", "`So few!` was said nowhere."),
        ("drink: tea\n", "drink: milk\n", "`drink` was not taken: There is no such option."),
        ("    drink: tea\n", "", "`drink` is asked, and no answer is given."),
    ],
)
def test_a_difference_is_told_once_at_its_place(wrong: str, right: str, sentence: str) -> None:
    """Each expectation can fail, and says what came out instead; the same in every mode is one finding."""
    assert wrong in GOOD
    problems = play(GOOD.replace(wrong, right, 1))
    assert len(problems) <= 2, problems
    assert sentence in problems[0], problems
    assert problems[0].startswith("t.yml:")


def test_what_differs_in_some_modes_names_them() -> None:
    """A page refuses what a dialog asks about."""
    problems = play(GOOD.replace("cups: 8 cups", "cups: maybe 8"))
    assert len(problems) == 1
    assert "In form: `cups` was not taken: I understood 8. Right?" in problems[0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- {given: {agree: true}, outcom: done}", "A transcript has no key `outcom`. Did you mean `outcome`?"),
        ("- {given: {agre: true}, state: active}", "There is no question `agre`. Did you mean `agree`?"),
        ("- {mode: fax, given: {agree: true}}", "There is no mode `fax`."),
        ("- {lang: fr, given: {agree: true}}", "The flow has no language `fr`."),
        ("- {zone: Mars/Base, given: {agree: true}}", "There is no time zone `Mars/Base`."),
        ("- {now: noon, given: {agree: true}}", "`noon` is no moment."),
        ("- {steps: [{sayy: yes}]}", "There is no step `sayy`. Did you mean `say`?"),
        ("- {steps: [{press: Maybe}]}", "There is no button `Maybe`."),
        ("- 5", "A transcript has `name` and `steps`."),
    ],
)
def test_a_transcript_that_cannot_be_read_says_so(text: str, sentence: str) -> None:
    """A slip in a transcript is a finding, never a green test."""
    assert any(sentence in problem for problem in play(text)), play(text)


def test_nobody_on_duty_is_another_branch() -> None:
    """`on_duty: false` takes the effects of `away`."""
    away = GOOD.replace("  given:", "  on_duty: false\n  given:", 1).replace("first-line]", "first-line, tag later]")
    assert play(away) == []
    assert "tag later" in play(away.replace("  on_duty: false\n", ""))[0]


RAW = st.one_of(st.text(max_size=30), st.booleans(), st.lists(st.text(max_size=10), max_size=3), st.integers())


@given(
    answers=st.fixed_dictionaries({}, optional=dict.fromkeys(("agree", "drink", "cups", "menu", "place"), RAW)),
    mode=st.sampled_from(list(Mode)),
)
def test_whatever_is_given_ends_in_an_order_of_questions(answers: dict[str, object], mode: Mode) -> None:
    """Never an error, never a question twice, never more than the flow has."""
    player = Player(tea(), mode=mode)
    course = run_through(player, answers)
    names = [one.question.id for one in course.asked]
    assert len(names) == len(set(names)) <= 5
    for effect in player.effects:
        plain_effect(effect)


def test_time_passes_and_timers_fire_in_order() -> None:
    """Two reminders, then the end; what is due later does not happen."""
    player = Player(tea())
    player.wait(timedelta(days=2))
    assert len(player.said) == 2
    assert player.session.outcome is None
    player.wait(timedelta(days=2))
    assert player.session.state is State.ABANDONED
    assert player.due == {}
