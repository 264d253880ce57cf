"""A player: a contact with a clock, who answers a flow and remembers what happened."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from flows.definition import Flow
from flows.effects import (
    AddTag,
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
from flows.engine import Step, begin, step
from flows.engine.replies import Field
from flows.events import At, Begin, Due, Event, Filled, GivenFile, Mode, Said, TimedOut
from flows.session import By, Session, Value
from flows.words import key_of

PAUSE = timedelta(seconds=10)
"""Between two actions: longer than a text may go on in a second message."""
SESSION = "5e55105e55105e55105e55105e55105e"
TIMERS_LIMIT = 100


class Player:
    """Plays `flow` from its beginning. Each action is a step; `effects` and `said` hold everything so far."""

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
    ) -> None:
        self.flow = flow
        self.mode = mode
        self.now = now or datetime(2026, 11, 23, 9, tzinfo=UTC)
        self.effects: list[Effect] = []
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
        return [effect.text for effect in self.last.effects if isinstance(effect, Say | Toast)]

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
        for _ in range(TIMERS_LIMIT):
            due = min(((at, kind) for kind, (at, _) in self._due.items() if at <= until), default=None)
            if due is None:
                break
            self.now = max(due[0], self.now)
            _, turn = self._due.pop(due[1])
            steps.append(self.do(TimedOut(due[1], turn)))
        self.now = max(until, self.now)
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
        self.effects += taken.effects
        for effect in taken.effects:
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
