"""Transcripts and rehearsals: what is expected is compared, in every mode, and a difference says where and what."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.compile import Source, Sources, compile_flow
from flows.course import plain_effect, run_through, span
from flows.definition import Flow
from flows.events import Mode
from flows.rehearsal import Rehearsal
from flows.session import State
from flows.transcripts import play_transcripts

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
    return [str(problem) for problem in play_transcripts(tea(), Source("tea.test.yml", text)).problems]


GOOD = """\
a party:
  answers:
    agree: true
    drink: tea
    cups: 8 cups
    menu: menu.pdf
    place: [55.75, 37.62]
  asked: [agree, drink, cups, menu, place]
  values: {cups: 8, drink: tea, menu: [menu.pdf], place: {latitude: 55.75, longitude: 37.62}}
  outcome: party
  state: done
  score: 10
  effects: {tag: asked, save: {cups: "8"}, stage: party, escalate: first-line}
  says: So many!
"""


def test_the_same_answers_come_to_the_same_end_in_every_mode() -> None:
    """A transcript with answers is played in all five modes."""
    played = play_transcripts(tea(), Source("tea.test.yml", GOOD))
    assert played.problems == ()
    assert (played.transcripts, played.runs) == (1, 5)


@pytest.mark.parametrize(
    ("wrong", "right", "code", "sentence"),
    [
        ("outcome: party", "outcome: done", "other_outcome", "the outcome is party, not done"),
        ("score: 10", "score: 20", "other_score", "the score is 10, not 20"),
        ("state: done", "state: active", "other_state", "the state is done, not active"),
        ("cups, menu, place]", "menu, cups, place]", "other_asked", "the asked is [agree, drink, cups, menu, place]"),
        ("{cups: 8,", "{cups: 9,", "other_value", "`cups` is 8, not 9"),
        ("drink: tea, menu", "drink: coffee, menu", "other_value", "`drink` is tea, not coffee"),
        ("[menu.pdf]", "[other.pdf]", "other_value", "`menu` is [menu.pdf], not [other.pdf]"),
        ("{tag: asked", "{tag: [asked, later]", "other_effect", "`tag` is asked, not [asked, later]"),
        ("escalate: first-line}", "escalate: []}", "other_effect", "`escalate` is first-line, not []"),
        ('{cups: "8"}', '{cups: "9"}', "other_effect", "`save` is {cups: 8}, not {cups: 9}"),
        ("So many!", "So few!", "not_said", "this is said nowhere"),
        ("drink: tea\n", "drink: milk\n", "not_taken", "`drink` was not taken: There is no such option."),
        ("    drink: tea\n", "", "unanswered", "`drink` is asked, and has no answer here"),
    ],
)
def test_a_difference_is_told_at_its_place(wrong: str, right: str, code: str, sentence: str) -> None:
    """Each expectation can fail, and says what came out instead."""
    assert wrong in GOOD
    problems = play(GOOD.replace(wrong, right, 1))
    assert any(f": {code}: a party (in " in problem and sentence in problem for problem in problems), problems
    assert all(problem.startswith("tea.test.yml:") for problem in problems)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: {answers: {agree: true}, outcom: done}", "A transcript has no key `outcom`. Did you mean `outcome`?"),
        ("a: {outcome: done}", "A transcript has either `answers` or `talk`."),
        ("a: {answers: {agre: true}}", "The flow has no question `agre`. Did you mean `agree`?"),
        ("a: {mode: fax, answers: {agree: true}}", "This is no mode."),
        ("a: {lang: fr, answers: {agree: true}}", "The flow has no language `fr`."),
        ("a: {zone: Mars/Base, answers: {agree: true}}", "There is no time zone `Mars/Base`."),
        ("a: {now: noon, answers: {agree: true}}", "`noon` is no moment."),
        ("a: {talk: [{mee: yes}]}", "A talk has no `mee`. Did you mean `me`?"),
        ("a: {talk: [{press: Maybe}], state: active}", "there is no button `Maybe` now. Write one of: `Yes`, `No`."),
        ("a: {answers: {agree: no}, effects: {tga: x}}", "There is no effect `tga`. Did you mean `tag`?"),
        ("a: 5", "`a` holds no transcript."),
        ("- a", "must consist of"),
    ],
)
def test_a_transcript_that_cannot_be_read_says_so(text: str, sentence: str) -> None:
    """A slip in a transcript is a finding, never a green test."""
    assert any(sentence in problem for problem in play(text)), play(text)


def test_a_talk_hears_in_order() -> None:
    """What is said must come after what was said before, since the last input."""
    talk = """\
a talk:
  talk:
  - bot: May we keep
  - press: "Yes"
  - bot: What would you like?
  - me: tea
  - bot: How many cups?
  - wait: 2h
  - bot: One question is still open
  - bot: How many cups?
  - me: "3"
  - send: menu.pdf
  - place: [55.75, 37.62]
  outcome: done
"""
    assert play(talk) == []
    (problem,) = play(talk.replace("  - bot: What would you like?\n", "  - bot: How many cups?\n"))
    assert problem.startswith("tea.test.yml:5:10: not_said: a talk (in chat)")
    assert "what is said is: What would you like?" in problem


def test_nobody_on_duty_is_another_branch() -> None:
    """`on_duty: false` takes the effects of `away`."""
    text = GOOD.replace("  answers:", "  on_duty: false\n  answers:", 1).replace("{tag: asked", "{tag: [asked, later]")
    assert play(text) == []


def test_people_hold_and_give_back() -> None:
    """While a person holds the conversation the bot says nothing; afterwards it asks again."""
    text = """\
held:
  talk:
  - me: "yes"
  - hold: true
  - me: tea
  - resume: true
  - bot: What would you like?
  - stop: true
  state: stopped
"""
    assert play(text) == []


def test_time_passes_and_timers_fire_in_order() -> None:
    """Two reminders, then the end; what is due later does not happen."""
    rehearsal = Rehearsal(tea())
    rehearsal.begin()
    heard = rehearsal.wait(timedelta(days=2))
    assert len(heard.said) == 2
    assert rehearsal.session.outcome is None
    rehearsal.wait(timedelta(days=2))
    assert rehearsal.session.state is State.ABANDONED
    assert rehearsal.timers == {}


RAW = st.one_of(st.text(max_size=30), st.booleans(), st.lists(st.text(max_size=10), max_size=3))


@given(
    answers=st.fixed_dictionaries({}, optional=dict.fromkeys(("agree", "drink", "cups", "menu", "place"), RAW)),
    mode=st.sampled_from(list(Mode)),
)
def test_whatever_a_file_answers_ends_in_an_order_of_questions(answers: dict[str, object], mode: Mode) -> None:
    """Never an error, never a question twice, never more than the flow has."""
    rehearsal = Rehearsal(tea(), mode=mode)
    course = run_through(rehearsal, answers)  # type: ignore[arg-type]
    names = [one.question.id for one in course.asked]
    assert len(names) == len(set(names)) <= 5
    for effect in rehearsal.effects:
        plain_effect(effect)


@pytest.mark.parametrize(
    ("time", "text"), [(timedelta(days=14), "14d"), (timedelta(hours=2), "2h"), (timedelta(seconds=90), "90s")]
)
def test_a_span_is_written_as_in_yaml(time: timedelta, text: str) -> None:
    """The longest unit that fits exactly."""
    assert span(time) == text
