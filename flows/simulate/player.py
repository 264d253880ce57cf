"""A player: a contact with a clock, who answers a flow and remembers what happened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from flows.definition import Flow, Question, QuestionType
from flows.effects import (
    AddTag,
    CallBack,
    CallWebhook,
    CancelTimers,
    Choice,
    Effect,
    Erase,
    Escalate,
    OptOut,
    Prompt,
    RecordConsent,
    Redraw,
    Say,
    SetField,
    SetPriority,
    SetStage,
    SetTimer,
    StartFlow,
    Toast,
)
from flows.engine import Step, begin, score, step, visible
from flows.engine.facts import facts_of
from flows.engine.replies import Field
from flows.engine.run import PAGES
from flows.events import At, Begin, Due, Event, Filled, GivenFile, Mode, Said, TimedOut
from flows.render import Look, prompt_of
from flows.session import Answer, By, Session, State, Value
from flows.words import key_of
from flows.zones import shown_at, zone_of

PAUSE = timedelta(seconds=10)
"""Between two actions: longer than a text may go on in a second message."""
SESSION = "5e55105e55105e55105e55105e55105e"
TIMERS_LIMIT = 100


class Player:
    """Plays `flow` from its beginning. Each action is a step.

    `effects` holds everything so far, `heard` what the last step caused; after an escalation follows what it says and
    does when somebody is on duty, or else when nobody is. `answered` are all answers ever given, also erased ones.
    """

    def __init__(
        self,
        flow: Flow,
        *,
        mode: Mode = Mode.CHAT,
        lang: str | None = None,
        now: datetime | None = None,
        zone: str = "Europe/Moscow",
        region: str = "RU",
        known: Mapping[str, str] | None = None,
        prefill: Mapping[str, Value] | None = None,
        on_duty: bool = True,
    ) -> None:
        self.flow = flow
        self.mode = mode
        self.now = now or datetime(2026, 11, 23, 9, tzinfo=UTC)
        self.effects: list[Effect] = []
        self.heard: list[Effect] = []
        self.answered: dict[str, Answer] = {}
        self._on_duty = on_duty
        self._zone, self._region, self._known = zone, region, dict(known or {})
        self._turn = 0
        self._due: dict[Due, tuple[datetime, int]] = {}
        self.prompt: Prompt | None = None
        self.prompts: dict[str, Prompt] = {}
        self.offered: tuple[Choice, ...] = ()
        self.pause = PAUSE
        self._event: Event | None = None
        self.last: Step = self._taken(begin(flow, SESSION, lang or flow.lang, Begin(prefill or {}), self._at()))

    @property
    def session(self) -> Session:
        """The session as it is now."""
        return self.last.session

    @property
    def said(self) -> list[str]:
        """Everything that was said to the contact in the last step, toasts too."""
        return [effect.text for effect in self.heard if isinstance(effect, Say | Toast)]

    @property
    def open(self) -> Sequence[Question]:
        """The questions that wait for an answer: one, or all of one e-mail."""
        opened = self.session.open
        if opened is None or self.session.state is not State.ACTIVE:
            return ()
        return [self.flow.questions[name] for name in (opened.step, *opened.also) if name in self.flow.questions]

    @property
    def shown(self) -> Prompt | None:
        """The open question as this mode shows it; of a page, its first open question."""
        questions = self.open
        if not questions or self.mode not in PAGES:
            return self.prompt
        facts = facts_of(self.flow, self.session.answers, shown_at(self.now, zone_of(self._zone)).date())
        session = self.session
        return prompt_of(
            questions[0], Look(self.flow, session.lang, self.mode, session.id, self._turn, facts, self._known)
        )

    @property
    def asks_back(self) -> bool:
        """Whether a value waits for the contact to confirm it."""
        return self.session.open is not None and self.session.open.unsure is not None

    @property
    def due(self) -> Mapping[Due, datetime]:
        """What happens when, unless something else happens before."""
        return {kind: moment for kind, (moment, _) in self._due.items()}

    @property
    def score(self) -> float:
        """The points of the answers so far."""
        return self.session.score if self.session.ended_at else score(self.flow, self.session, self._at())

    @property
    def visible(self) -> Mapping[str, Answer]:
        """The answers that count now."""
        return visible(self.flow, self.session, self._at())

    def say(self, text: str, *, early: bool = False) -> Step:
        """Write something; `early` comes a moment before the open question was asked."""
        moment = self._step_on()
        open_ = self.session.open
        if early and open_ is not None:
            moment = open_.asked_at - timedelta(milliseconds=1)
        return self.do(Said(self._message(), moment, text))

    def press(self, label: str, *, of: str | None = None) -> Step:
        """Press a button of the newest question, or of question `of`. Raises `LookupError` for none."""
        return self.press_all([label], of=of)

    def press_all(self, labels: Sequence[str], *, of: str | None = None) -> Step:
        """Tick several options and send them together, as a chat does."""
        values = [self.choice(label, of).value for label in labels]
        head = values[0].rpartition(":")[0]
        numbers = ",".join(value.rpartition(":")[2] for value in values)
        return self.do(Said(self._message(), self._step_on(), button=f"{head}:{numbers}"))

    def choice(self, label: str, of: str | None = None) -> Choice:
        """The button with this label or code, or one that sends this value."""
        prompt = self.prompts.get(of) if of else self.prompt
        choices = [*(prompt.choices if prompt else ()), *self.offered]
        for choice in choices:
            if label in {choice.value, choice.code} or key_of(choice.label) == key_of(label):
                return choice
        labels = ", ".join(choice.label for choice in choices) or "none"
        raise LookupError(f"There is no button `{label}`. The buttons are: {labels}.")

    def send(self, name: str, type: str | None = None) -> Step:  # noqa: A002 - a file's type
        """Send a file."""
        file = GivenFile(f"file-{self._turn}", name, type or mime_of(name), 1_024)
        return self.do(Said(self._message(), self._step_on(), files=(file,)))

    def share(self, *, phone: str | None = None, location: tuple[float, float] | None = None) -> Step:
        """Use the channel's own button for a phone number or a place."""
        return self.do(Said(self._message(), self._step_on(), phone=phone, location=location))

    def again(self) -> Step:
        """Deliver the last event once more."""
        assert self._event is not None
        return self.do(self._event)

    def answer(self, fields: Mapping[str, Field]) -> Step:
        """Answer the open questions as people do in this mode. Of the optional ones, those left out are skipped."""
        questions = self.open
        given = {question.id: fields[question.id] for question in questions if question.id in fields}
        if self.mode in PAGES:
            by = By.OPERATOR if self.mode is Mode.CALL else By.CONTACT
            skipped = {question.id: "skipped" for question in questions if question.id not in given}
            return self.fill(given, skipped, by=by)
        if len(questions) > 1:
            lines = [f"{n}. {_typed(given[one.id]) if one.id in given else '-'}" for n, one in enumerate(questions, 1)]
            return self.say("\n".join(lines))
        if not given:
            return self._skip()
        (field,) = given.values()
        if questions[0].type is QuestionType.FILE:
            files = tuple(item for item in field if isinstance(item, GivenFile)) if isinstance(field, tuple) else ()
            return self.do(Said(self._message(), self._step_on(), files=files))
        if isinstance(field, tuple) and len(field) == 2 and isinstance(field[0], float):
            return self.share(location=(float(field[0]), float(str(field[1]))))
        return self.say(_typed(field))

    def confirm(self, *, yes: bool = True) -> Step:
        """Answer whether a value was understood rightly."""
        return self.say("yes" if yes else "no")

    def _skip(self) -> Step:
        choices = self.prompt.choices if self.prompt else ()
        button = next((choice.value for choice in choices if choice.value.endswith(":skip")), None)
        if button is None:
            return self.say("-")
        return self.do(Said(self._message(), self._step_on(), button=button))

    def fill(
        self, values: Mapping[str, Field], refused: Mapping[str, str] | None = None, *, by: By = By.CONTACT
    ) -> Step:
        """Hand in a page."""
        self._step_on()
        return self.do(Filled(values, refused or {}, by, self.session.turn, self._message()))

    def wait(self, length: timedelta) -> Step:
        """Let time pass; timers that fall due fire in their order. The last step of those, or the last one before."""
        until = self.now + length
        steps: list[Step] = []
        heard: list[Effect] = []
        for _ in range(TIMERS_LIMIT):
            due = min(((at, kind) for kind, (at, _) in self._due.items() if at <= until), default=None)
            if due is None:
                break
            self.now = max(due[0], self.now)
            _, turn = self._due.pop(due[1])
            steps.append(self.do(TimedOut(due[1], turn)))
            heard += self.heard
        self.now = max(until, self.now)
        self.heard = heard
        return steps[-1] if steps else self.last

    def do(self, event: Event) -> Step:
        """Anything at all."""
        self._turn += 1
        self._event = event
        self.last = self._taken(step(self.flow, self.session, event, self._at()))
        return self.last

    def _step_on(self) -> datetime:
        self.now += self.pause
        return self.now

    def _message(self) -> str:
        return f"message-{self._turn + 1}"

    def _at(self) -> At:
        return At(self.now, self._turn + 1, self.mode, self._zone, self._region, "simulated", self._known)

    def _taken(self, taken: Step) -> Step:
        self.heard = list(self._flat(taken.effects))
        self.effects += self.heard
        erased = any(isinstance(effect, Erase) for effect in taken.effects)
        for key, answer in taken.session.answers.items():
            if not erased or key not in self.answered:
                self.answered[key] = answer
        for effect in self.heard:
            match effect:
                case Say(prompt=Prompt() as prompt) | Redraw(prompt=prompt):
                    self.prompt = self.prompts[prompt.question] = prompt
                    self.offered = ()
                case Toast(choices=choices):
                    self.offered = choices
                case SetTimer(due=due, at=at):
                    self._due[due] = (at, taken.session.turn)
                case CancelTimers():
                    self._due.clear()
                case _:
                    pass
        if taken.session.open is None:
            self.prompt = None
        return taken

    def _flat(self, effects: Iterable[Effect]) -> Iterable[Effect]:
        for effect in effects:
            yield effect
            if isinstance(effect, Escalate):
                yield from self._flat(effect.online if self._on_duty else effect.away)


def _typed(field: Field) -> str:
    """How a person would type what a form sends."""
    if isinstance(field, bool):
        return "yes" if field else "no"
    if isinstance(field, str):
        return field
    return ", ".join(getattr(item, "name", str(item)) for item in field)


TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "png": "image/png",
    "jpg": "image/jpeg",
    "txt": "text/plain",
}


def mime_of(name: str) -> str:
    """The type that a file of this name would be sniffed as."""
    return TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def described(effect: Effect) -> str | None:
    """An effect in words, such as `stage qualified`; None for what is only said or timed."""
    match effect:
        case SetStage(stage=stage):
            return f"stage {stage}"
        case AddTag(tag=tag):
            return f"tag {tag}"
        case SetPriority(priority=priority):
            return f"priority {priority}"
        case SetField(name=name, value=value):
            return f"field {name} {value}"
        case Escalate(team=team):
            return f"escalate {team}" if team else "escalate"
        case StartFlow(flow=flow, after=after):
            return f"start {flow}" + (f" after {short(after)}" if after else "")
        case CallBack(phone=phone, wanted=wanted):
            return " ".join(part for part in ("call_back", phone, wanted) if part)
        case CallWebhook(name=name):
            return f"webhook {name}"
        case RecordConsent(question=question, given=given):
            return f"consent {question} {'given' if given else 'refused'}"
        case OptOut():
            return "opt_out"
        case Erase():
            return "erase"
        case _:
            return None


def short(length: timedelta) -> str:
    """A length of time as authors write it."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
