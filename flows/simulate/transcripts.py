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

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.compile.fields import Fields, one_of
from flows.compile.sources import Source
from flows.definition import Flow
from flows.effects import Effect
from flows.events import Mode
from flows.load import Mapping, Report, Sequence, Tree, load_list
from flows.problems import Problem
from flows.simulate.acting import Acting, text_of, value_of
from flows.simulate.player import Player
from flows.zones import zone_of

KEYS = (
    "name", "mode", "lang", "now", "zone", "on_duty", "prefill", "known", "steps", "given", "asked", "says", "outcome",
    "score", "state", "answers", "effects",
)  # fmt: skip
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
    transcript = Acting(player, report)
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
            transcript = Acting(player, own)
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
        known={key.text: text_of(value) for key, value in known.pairs} if known else None,
        prefill={key.text: value_of(value) for key, value in prefill.pairs} if prefill else None,
        on_duty=on_duty is None or on_duty.value is not False,
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
