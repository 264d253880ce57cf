"""Transcripts: conversations in YAML beside a flow, each with what is expected of it.

- name: a hot lead
  mode: telegram                     # chat, telegram, email, form, call; chat when not given
  lang: ru
  now: 2026-11-23T12:00:00           # in the zone
  zone: Europe/Moscow
  prefill: {role: cfo}
  known: {contact.name: Sample Ltd}
  steps:
  - expect: Согласны на обработку    # a part of what was said since the last action; a list for several
  - say: да
  - press: Финдиректор               # a button by its label; a list for several ticks at once
  - send: brief.pdf
  - fill: {role: cfo, staff: 120}    # a page
  - refuse: {budget: unknown}
  - share: +79123456789              # the channel's own button for a phone or a place
  - wait: 5h                         # reminders and closing fire on their way
  - again: true                      # the last event is delivered once more
  - hold: true                       # a person takes the conversation; `resume`, `stop` likewise
  - open: staff                      # the question that is open now
  - verdict: advanced                # what the last event was taken for
  outcome: hot
  score: 100
  state: done
  answers: {role: cfo, when: 2027-01-15}
  effects: [stage qualified, escalate sales-2]     # each happens, in this order

Instead of `steps`, `given` answers each question when it is asked, as people write it; without `mode` it is played in
all modes, which must come to the same end:

- name: a warm lead
  given: {agree: да, role: Собственник, budget: 1,5 млн}
  asked: [agree, role, budget]
  on_duty: false                     # nobody is there to take over
  says: Спасибо                      # a part of what was said, or several; pages say nothing
  outcome: warm

An action takes `after: 1s` (ten seconds when not given), `say` takes `early: true` (it came before the question),
`press` takes `of: role` (a button of an older question), `fill` takes `faults: [staff]` and `by: operator`.
"""

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.compile.fields import Fields, duration_of, meant, one_of
from flows.compile.sources import Source
from flows.definition import Flow
from flows.effects import Effect, Say
from flows.engine import Step, Verdict
from flows.engine.run import PAGES, zone_of
from flows.events import Event, Held, Mode, Resumed, Stopped
from flows.load import Mapping, Node, Report, Scalar, Sequence, Tree, load_list
from flows.problems import Problem
from flows.session import By, State, Value
from flows.simulate.answers import Course, field_of, run_through
from flows.simulate.player import PAUSE, Player, described

KEYS = (
    "name", "mode", "lang", "now", "zone", "on_duty", "prefill", "known", "steps", "given", "asked", "says", "outcome",
    "score", "state", "answers", "effects",
)  # fmt: skip
STEPS = (
    "expect", "not", "say", "press", "send", "share", "fill", "refuse", "wait", "again", "hold", "resume", "stop",
    "open", "verdict",
)  # fmt: skip
EVENTS: dict[str, Event] = {"hold": Held(), "resume": Resumed(), "stop": Stopped()}
ZONE = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class Result:
    """One transcript: it passed when there are no `problems`. `said` is all that was said, for showing a failure.

    What came out otherwise in several modes is told once.
    """

    name: str
    problems: tuple[Problem, ...]
    said: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    asked: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.problems


def run_transcripts(flow: Flow, source: Source) -> tuple[Result, ...]:
    """Play every transcript of the file. What is wrong with the file itself is a result without a name."""
    report = Report()
    entries = load_list(source.file, source.text, report)
    if entries is None or report.failed:
        return (Result("", report.problems),)
    return tuple(_run(flow, entry, number) for number, entry in enumerate(entries.items, 1))


def _run(flow: Flow, entry: Tree, number: int) -> Result:
    report = Report()
    if not isinstance(entry, Mapping):
        report.add(entry, "wrong_value", "A transcript has `name` and `steps`.")
        return Result(f"transcript {number}", report.problems)
    fields = Fields(entry, report)
    fields.only(KEYS, of="A transcript")
    name = fields.text("name") or f"transcript {number}"
    if fields.node("given") is not None:
        return _run_given(flow, fields, name)
    mode = fields.scalar("mode")
    player = _player(flow, fields, mode.text if mode else Mode.CHAT)
    if player is None or report.failed:
        return Result(name, report.problems)
    transcript = _Transcript(player, report)
    steps = fields.node("steps")
    for item in steps.items if isinstance(steps, Sequence) else ():
        if not transcript.act(item):
            break
    else:
        transcript.compare(fields)
    return Result(name, report.problems, tuple(transcript.all_said), tuple(player.effects), frozenset(player.prompts))


def _run_given(flow: Flow, fields: Fields, name: str) -> Result:
    """Play a transcript of answers in each of its modes."""
    listed = isinstance(fields.node("mode"), Sequence)
    modes = [node.text for node in fields.scalars("mode") or ()] if listed else [fields.text("mode") or ""]
    modes = [mode for mode in modes if mode] or [mode.value for mode in Mode]
    found: dict[Problem, list[str]] = {}
    said: list[str] = []
    effects: tuple[Effect, ...] = ()
    for mode in modes:
        own = Report()
        player = _player(flow, Fields(fields.mapping, own), mode)
        if player is not None:
            transcript = _Transcript(player, own)
            transcript.answer(Fields(fields.mapping, own))
            said += transcript.all_said
            effects = tuple(player.effects)
        for problem in own.problems:
            found.setdefault(problem, []).append(mode)
    problems = tuple(
        problem if where == modes else replace(problem, sentence=f"In {', '.join(where)}: {problem.sentence}")
        for problem, where in found.items()
    )
    return Result(name, (*fields.report.problems, *problems), tuple(said), effects)


def _player(flow: Flow, fields: Fields, mode: str) -> Player | None:
    lang, now, zone = (fields.scalar(key) for key in ("lang", "now", "zone"))
    zone_name = zone.text if zone else ZONE
    on_duty = fields.scalar("on_duty")
    if mode not in tuple(Mode):
        place = fields.node("mode") or fields.mapping
        fields.report.add(place, "wrong_value", f"There is no mode `{mode}`.", one_of(Mode))
        return None
    if zone is not None and not _is_zone(zone.text):
        fields.report.add(zone, "wrong_value", f"There is no time zone `{zone.text}`.", "Write `Europe/Moscow`.")
        return None
    if lang is not None and lang.text not in flow.langs:
        fields.report.add(lang, "wrong_value", f"The flow has no language `{lang.text}`.", one_of(flow.langs))
        return None
    moment: datetime | None = None
    if now is not None:
        try:
            moment = datetime.fromisoformat(now.text)
        except ValueError:
            hint = "Write `2026-11-23T12:00:00`."
            fields.report.add(now, "wrong_value", f"`{now.text}` is no moment.", hint)
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone_name))
    prefill, known = (fields.mapping_of(key) for key in ("prefill", "known"))
    return Player(
        flow,
        mode=Mode(mode),
        lang=lang.text if lang else None,
        now=moment,
        zone=zone_name,
        known={key.text: _text(value) for key, value in known.pairs} if known else None,
        prefill={key.text: _value(value) for key, value in prefill.pairs} if prefill else None,
        on_duty=on_duty is None or on_duty.value is not False,
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


class _Transcript:
    """Acts and compares; a difference is noted at the line that expected something else."""

    def __init__(self, player: Player, report: Report) -> None:
        self._player = player
        self._report = report
        self._said = list(player.said)
        self.all_said = list(player.said)
        self._actions: dict[str, Callable[[Tree, Mapping], Step | None]] = {
            "say": lambda node, item: player.say(_text(node), early=item.get("early") is not None),
            "press": lambda node, item: player.press_all(_texts(node), of=_text_or_none(item.get("of"))),
            "send": lambda node, _: player.send(_text(node)),
            "share": self._share,
            "fill": self._fill,
            "refuse": self._refuse,
            "wait": self._wait,
            "again": lambda _, __: player.again(),
            **{word: self._event(event) for word, event in EVENTS.items()},
        }

    def answer(self, fields: Fields) -> None:
        """Give the answers, and compare what came of them."""
        player = self._player
        given = fields.mapping_of("given")
        for key, _ in given.pairs if given else ():
            if key.text not in player.flow.questions:
                hint = meant(key.text, player.flow.questions)
                self._report.add(key, "unknown_id", f"There is no question `{key.text}`.", hint)
        course = run_through(player, {key.text: _given(node) for key, node in given.pairs} if given else {})
        self.all_said = [effect.text for effect in player.effects if isinstance(effect, Say)]
        if (fault := course.fault) is not None:
            place = next((key for key, _ in given.pairs if key.text == fault.question.id), None) if given else None
            sentence = f"`{fault.question.id}` was not taken: {fault.fault}"
            self._report.add(place or fields.mapping, "not_taken", sentence)
            return
        if course.unanswered is not None and fields.text("state") != State.ACTIVE:
            sentence = f"`{course.unanswered}` is asked, and no answer is given."
            self._report.add(fields.key_node("given"), "unanswered", sentence, "Add one, or expect `state: active`.")
            return
        self._compare_order(fields, course)
        self.compare(fields)

    def _compare_order(self, fields: Fields, course: Course) -> None:
        """The questions, in order; one e-mail asks many, and a file is asked for once more, so there it is the set."""
        node = fields.node("asked")
        if node is None:
            return
        found = [one.question.id for one in course.asked]
        found += [course.unanswered] if course.unanswered else []
        wanted = _texts(node)
        if self._player.mode is Mode.EMAIL and set(found) == set(wanted):
            return
        self._same(node, "The questions asked", ", ".join(wanted), ", ".join(found))

    def act(self, item: Tree) -> bool:
        """One line of `steps`. False when playing on makes no sense."""
        if not isinstance(item, Mapping) or not item.pairs:
            self._report.add(item, "wrong_value", "A step is `say: ...` or `expect: ...`.", one_of(STEPS))
            return False
        key, value = next((pair for pair in item.pairs if pair[0].text in STEPS), item.pairs[0])
        match key.text:
            case "expect":
                return self._expect(value)
            case "not":
                return self._same(value, "What must not be said", False, _text(value) in "\n".join(self._said))
            case "verdict":
                return self._same(value, "The verdict", _text(value), self._player.last.verdict.value)
            case "open":
                session = self._player.session
                found = session.open.step if session.open else "nothing"
                return self._same(value, "The open question", _text(value), found)
            case word if word in self._actions:
                return self._do(key, value, item)
            case word:
                self._report.add(key, "unknown_key", f"There is no step `{word}`.", meant(word, STEPS) or one_of(STEPS))
                return False

    def _do(self, key: Scalar, value: Tree, item: Mapping) -> bool:
        after = item.get("after")
        pause = duration_of(after, self._report) if isinstance(after, Scalar) else None
        self._player.pause = PAUSE if pause is None else pause
        try:
            step = self._actions[key.text](value, item)
        except LookupError as error:
            self._report.add(value, "no_such_button", str(error.args[0]))
            return False
        return step is None or self._took(key, step, expect_faults=item.get("faults"))

    def _took(self, key: Scalar, step: Step, expect_faults: Tree | None = None) -> bool:
        self._said = list(self._player.said)
        self.all_said += self._said
        if step.verdict is Verdict.REFUSED and expect_faults is None:
            faults = "; ".join(f"{name}: {sentence}" for name, sentence in step.faults.items())
            self._report.add(key, "page_refused", f"The page was not taken: {faults}")
            return False
        if expect_faults is not None:
            return self._same(expect_faults, "The faults", sorted(_texts(expect_faults)), sorted(step.faults))
        return True

    def _event(self, event: Event) -> Callable[[Tree, Mapping], Step | None]:
        return lambda _, __: self._player.do(event)

    def _share(self, node: Tree, _: Mapping) -> Step | None:
        """A phone number, or `latitude, longitude`, by the channel's own button."""
        first, comma, second = _text(node).partition(",")
        if not comma:
            return self._player.share(phone=first)
        return self._player.share(location=(float(first), float(second)))

    def _refuse(self, node: Tree, _: Mapping) -> Step | None:
        refused = {name.text: _text(why) for name, why in node.pairs} if isinstance(node, Mapping) else {}
        return self._player.fill({}, refused)

    def _fill(self, node: Tree, item: Mapping) -> Step | None:
        if not isinstance(node, Mapping):
            self._report.add(node, "wrong_value", "`fill` holds answers by question.")
            return None
        questions = self._player.flow.questions
        values: dict[str, Any] = {}
        for key, value in node.pairs:
            if key.text not in questions:
                self._report.add(key, "unknown_id", f"There is no question `{key.text}`.", meant(key.text, questions))
                continue
            values[key.text] = field_of(questions[key.text], _value(value))
        by = By.OPERATOR if _text_or_none(item.get("by")) == "operator" else By.CONTACT
        return self._player.fill(values, by=by)

    def _wait(self, node: Tree, _: Mapping) -> Step | None:
        length = duration_of(node, self._report) if isinstance(node, Scalar) else None
        if length is None:
            return None
        before = len(self._player.effects)
        step = self._player.wait(length)
        return step if len(self._player.effects) > before else Step(self._player.session)

    def _expect(self, node: Tree) -> bool:
        whole = "\n".join(self._said)
        for wanted in _texts(node):
            if _spaced(wanted) not in _spaced(whole):
                sentence = f"`{wanted}` was not said, but: {whole or 'nothing'}"
                self._report.add(node, "not_as_expected", sentence)
                return False
        return True

    def _same(self, node: Node, what: str, wanted: object, found: object) -> bool:
        if wanted == found:
            return True
        self._report.add(node, "not_as_expected", f"{what} should be `{wanted}`, but is `{found}`.")
        return False

    def compare(self, fields: Fields) -> None:
        """The end of the transcript: outcome, score, answers, effects."""
        session = self._player.session
        for key, found in (("outcome", session.outcome), ("state", session.state.value)):
            node = fields.scalar(key)
            if node is not None:
                self._same(node, f"The {key}", node.text, str(found))
        if (score := fields.scalar("score")) is not None:
            self._same(score, "The score", score.value, self._player.score)
        for node in fields.scalars("says") or ():
            said = _spaced(" ".join(self.all_said))
            if self._player.mode not in PAGES and _spaced(node.text) not in said:
                self._report.add(node, "not_as_expected", f"`{node.text}` was said nowhere.")
        self._compare_answers(fields)
        self._compare_effects(fields)

    def _compare_answers(self, fields: Fields) -> None:
        given = self._player.visible
        wanted = fields.mapping_of("answers")
        for key, node in wanted.pairs if wanted else ():
            answer = given.get(key.text)
            found = _stored(answer.value if answer else None)
            self._same(node, f"The answer to `{key.text}`", _value(node), found)

    def _compare_effects(self, fields: Fields) -> None:
        found = [words for effect in self._player.effects if (words := described(effect))]
        rest = iter(found)
        for node in fields.scalars("effects") or ():
            if not any(words == node.text for words in rest):
                happened = ", ".join(found) or "none"
                sentence = f"The effect `{node.text}` did not happen here. Those that did: {happened}."
                self._report.add(node, "not_as_expected", sentence)
                return


def _given(node: Tree) -> object:
    """An answer as people write it: `+7 912` and `012` stay what they are."""
    match node:
        case Scalar(value=bool()):
            return node.value
        case Scalar():
            return node.text
        case Sequence():
            return [_text(item) for item in node.items]
        case Mapping():
            return {key.text: value.value for key, value in node.pairs if isinstance(value, Scalar)}


def _stored(value: Value | None) -> Value | None:
    """A stored answer as transcripts write it: files by their names."""
    if isinstance(value, tuple):
        return tuple(str(item["name"]) if isinstance(item, Dict) else item for item in value)
    return value


def _text(node: Tree) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _spaced(text: str) -> str:
    """`text` with plain spaces: those inside of numbers are no-break spaces, which nobody types."""
    return text.replace("\u00a0", " ")


def _text_or_none(node: Tree | None) -> str | None:
    return None if node is None else _text(node)


def _texts(node: Tree) -> list[str]:
    return [_text(item) for item in node.items] if isinstance(node, Sequence) else [_text(node)]


def _value(node: Tree) -> Value:
    """A value of YAML as answers are stored."""
    match node:
        case Sequence():
            return tuple(_text(item) for item in node.items)
        case Mapping():
            return {key.text: _value(value) for key, value in node.pairs}  # type: ignore[misc]
        case Scalar(value=None):
            return ""
        case Scalar():
            assert node.value is not None
            return node.value
