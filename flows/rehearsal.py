"""A rehearsal: a flow run without a hub, on a clock of its own. For the terminal, transcripts and answers from a file.

It does what the hub does around the engine: counts turns, keeps timers, lets people hold the conversation.
"""

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flows.definition import Flow, Question, QuestionType
from flows.effects import CancelTimers, Effect, Erase, Escalate, Prompt, Redraw, Say, SetTimer
from flows.engine import Step, Verdict, begin, score, step, visible
from flows.engine.run import facts_of, zone_of
from flows.events import At, Begin, Due, Event, Filled, GivenFile, Held, Mode, Resumed, Said, Stopped, TimedOut
from flows.render import Look, prompt_of
from flows.session import Answer, By, Session, State, Value

DAY_OF_REHEARSAL = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday noon in Moscow: transcripts that name no time say the same on every day."""
THINKING = timedelta(seconds=10)
"""Between two inputs; what comes within three seconds would count as one message in two parts."""
PAGES = frozenset({Mode.FORM, Mode.CALL})
Raw = str | bool | Sequence[str] | Sequence[GivenFile] | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Heard:
    """What an input led to: everything that was caused, flat, and what the engine made of the input.

    `faults` are sentences by question id, where a page was not taken.
    """

    effects: Sequence[Effect]
    verdict: Verdict
    faults: Mapping[str, str]

    @property
    def said(self) -> Sequence[str]:
        """The texts, in order."""
        return [effect.text for effect in self.effects if isinstance(effect, Say)]


class Rehearsal:
    """One session from its beginning to its end. `on_duty` says whether somebody takes an escalation."""

    def __init__(
        self,
        flow: Flow,
        *,
        mode: Mode = Mode.CHAT,
        lang: str | None = None,
        now: datetime = DAY_OF_REHEARSAL,
        zone: str = "Europe/Moscow",
        region: str = "RU",
        on_duty: bool = True,
    ) -> None:
        self.flow = flow
        self.mode = mode
        self.now = now
        self.effects: list[Effect] = []
        self.answered: dict[str, Answer] = {}
        """Every answer that was ever given, also those that an outcome erases."""
        self._zone, self._region, self._on_duty = zone, region, on_duty
        self._turn = 0
        self._timers: dict[Due, tuple[datetime, int]] = {}
        self._prompt: Prompt | None = None
        self.session = Session("rehearsal", flow.name, flow.version, lang or flow.lang, now)

    def begin(self, prefill: Mapping[str, Value] | None = None) -> Heard:
        """Ask the first question."""
        self._turn += 1
        return self._after(begin(self.flow, "rehearsal", self.session.lang, Begin(prefill or {}), self.at))

    @property
    def at(self) -> At:
        """The world now."""
        return At(now=self.now, turn=self._turn, mode=self.mode, zone=self._zone, region=self._region)

    @property
    def open(self) -> Sequence[Question]:
        """The questions that wait for an answer: one, or all of one e-mail."""
        opened = self.session.open
        if opened is None or self.session.state is not State.ACTIVE:
            return ()
        return [self.flow.questions[name] for name in (opened.step, *opened.also) if name in self.flow.questions]

    @property
    def prompt(self) -> Prompt | None:
        """The open question as it was put last; of a page, its first open question."""
        questions = self.open
        if not questions:
            return None
        if self.mode not in PAGES:
            return self._prompt
        facts = facts_of(self.flow, self.session.answers, self.now.astimezone(zone_of(self._zone)).date())
        look = Look(self.flow, self.session.lang, self.mode, self.session.id, self._turn, facts, {})
        return prompt_of(questions[0], look)

    @property
    def asks_back(self) -> bool:
        """Whether a value waits for the contact to confirm it."""
        return self.session.open is not None and self.session.open.unsure is not None

    @property
    def timers(self) -> Mapping[Due, datetime]:
        """What is due when, unless something happens before."""
        return {due: moment for due, (moment, _) in self._timers.items()}

    @property
    def score(self) -> float:
        """The points so far."""
        return self.session.score if self.session.state is State.DONE else score(self.flow, self.session, self.at)

    @property
    def visible(self) -> Mapping[str, Answer]:
        """The answers that count now."""
        return visible(self.flow, self.session, self.at)

    def say(
        self,
        text: str = "",
        *,
        button: str | None = None,
        files: Sequence[GivenFile] = (),
        location: tuple[float, float] | None = None,
    ) -> Heard:
        """The contact writes, presses or sends something."""
        self.now += THINKING
        said = Said(f"m{self._turn}", self.now, text, button, files, location=location)
        return self._happens(said)

    def send(self, name: str) -> Heard:
        """The contact sends a file; its type is that of its name."""
        return self.say(files=files_of(name))

    @property
    def labels(self) -> Sequence[str]:
        """What can be pressed now."""
        return [choice.label for choice in self._prompt.choices] if self._prompt and self.open else []

    def button(self, label: str) -> str | None:
        """The value of the button with this label, with or without its tick; None where there is none."""
        choices = self._prompt.choices if self._prompt and self.open else ()
        return next((choice.value for choice in choices if label in {choice.label, choice.label.lstrip("☐☑ ")}), None)

    def nothing(self) -> Heard:
        """Nothing happened."""
        return Heard((), Verdict.NOTHING, {})

    @property
    def said(self) -> Sequence[str]:
        """Everything that was said so far."""
        return [effect.text for effect in self.effects if isinstance(effect, Say)]

    def fill(self, values: Mapping[str, Raw], refused: Mapping[str, str] | None = None) -> Heard:
        """A part of a form or script is filled in."""
        self.now += THINKING
        by = By.OPERATOR if self.mode is Mode.CALL else By.CONTACT
        questions = self.flow.questions
        read = {
            name: files_of(raw) if name in questions and questions[name].type is QuestionType.FILE else raw
            for name, raw in values.items()
        }
        return self._happens(Filled({name: _field(raw) for name, raw in read.items()}, refused or {}, by))

    def answer(self, raws: Mapping[str, Raw]) -> Heard:
        """Answer the open questions as this mode does, and confirm what is asked back. Optional ones may be missing."""
        questions = self.open
        given = {question.id: raws[question.id] for question in questions if question.id in raws}
        skipped = {question.id for question in questions if question.id not in raws}
        if self.mode in PAGES:
            heard = self.fill(given, dict.fromkeys(skipped, "skipped"))
        elif len(questions) > 1:
            heard = self._reply_to_mail(questions, given)
        elif skipped:
            heard = self._skip()
        else:
            heard = self._say_raw(questions[0], given[questions[0].id])
        return heard

    def confirm(self, *, yes: bool = True) -> Heard:
        """Answer whether a value was understood rightly."""
        return self.say("yes" if yes else "no")

    def wait(self, span: timedelta) -> Heard:
        """Let time pass; what is due meanwhile happens at its own time."""
        until = self.now + span
        effects: list[Effect] = []
        verdict = Verdict.NOTHING
        while due := self._next_due(until):
            kind, (moment, turn) = due
            del self._timers[kind]
            self.now = max(self.now, moment)
            heard = self._happens(TimedOut(kind, turn))
            effects += heard.effects
            verdict = heard.verdict
        self.now = until
        return Heard(effects, verdict, {})

    def hold(self) -> Heard:
        """A person takes the conversation."""
        return self._happens(Held())

    def resume(self) -> Heard:
        """It comes back."""
        return self._happens(Resumed())

    def stop(self) -> Heard:
        """A person ends the session."""
        return self._happens(Stopped())

    def _reply_to_mail(self, questions: Sequence[Question], given: Mapping[str, Raw]) -> Heard:
        """The numbers of the questions with the answers; a file waits until its question is alone in a mail."""
        lines = [
            f"{number}. {_typed(given[question.id]) if question.id in given else '-'}"
            for number, question in enumerate(questions, 1)
            if question.type is not QuestionType.FILE or question.id not in given
        ]
        return self.say("\n".join(lines))

    def _say_raw(self, question: Question, raw: Raw) -> Heard:
        if isinstance(raw, bool):
            choices = self._prompt.choices if self._prompt else ()
            value = next((choice.label for choice in choices if choice.code == ("true" if raw else "false")), str(raw))
            return self.say(value)
        if isinstance(raw, tuple) and len(raw) == 2 and not isinstance(raw[0], str | GivenFile):
            return self.say(location=(float(raw[0]), float(raw[1])))
        files = files_of(raw) if question.type is QuestionType.FILE else ()
        return self.say(files=files) if files else self.say(_typed(raw))

    def _skip(self) -> Heard:
        choices = self._prompt.choices if self._prompt else ()
        button = next((choice.value for choice in choices if choice.value.endswith(":skip")), None)
        return self.say(button=button) if button else self.say("-")

    def _happens(self, event: Event) -> Heard:
        self._turn += 1
        return self._after(step(self.flow, self.session, event, self.at))

    def _after(self, done: Step) -> Heard:
        erased = any(isinstance(effect, Erase) for effect in done.effects)
        for key, answer in done.session.answers.items():
            if not erased or key not in self.answered:
                self.answered[key] = answer
        self.session = done.session
        effects = list(self._flat(done.effects))
        for effect in effects:
            match effect:
                case SetTimer(due=due, at=moment):
                    self._timers[due] = moment, self.session.turn
                case CancelTimers():
                    self._timers.clear()
                case Say(prompt=prompt) | Redraw(prompt=prompt) if prompt is not None:
                    self._prompt = prompt
        self.effects += effects
        return Heard(effects, done.verdict, done.faults)

    def _flat(self, effects: Iterable[Effect]) -> Iterable[Effect]:
        for effect in effects:
            yield effect
            if isinstance(effect, Escalate):
                yield from self._flat(effect.online if self._on_duty else effect.away)

    def _next_due(self, until: datetime) -> tuple[Due, tuple[datetime, int]] | None:
        due = [(kind, timer) for kind, timer in self._timers.items() if timer[0] <= until]
        return min(due, key=lambda one: one[1][0]) if due else None


def files_of(raw: Raw) -> Sequence[GivenFile]:
    """Files by their names; the type is that of the name."""
    if isinstance(raw, bool):
        return ()
    names = [raw] if isinstance(raw, str) else raw
    found = []
    for number, item in enumerate(names, 1):
        if isinstance(item, GivenFile):
            found.append(item)
        elif isinstance(item, str):
            kind = mimetypes.guess_type(item)[0] or "application/octet-stream"
            found.append(GivenFile(f"file{number}", item, kind, 1_000))
    return found


def _field(raw: Raw) -> str | bool | Sequence[str] | Sequence[GivenFile]:
    """What the field of a form sends; a point of the map as its coordinates."""
    if isinstance(raw, tuple) and raw and isinstance(raw[0], float):
        return f"{raw[0]}, {raw[1]}"
    return raw  # type: ignore[return-value]


def _typed(raw: Raw) -> str:
    """How a person would type what a form sends."""
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, str):
        return raw
    return ", ".join(item if isinstance(item, str) else getattr(item, "name", str(item)) for item in raw)
