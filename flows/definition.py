"""The compiled flow: what `flows.compile` makes of the YAML, checked and frozen, ready to be stepped through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from flows.conditions import Bound, Condition

Texts = Mapping[str, str]
"""A text by language. Every language of the flow is there: a missing one is refused at publish."""
Words = Mapping[str, tuple[str, ...]]
"""Words by language; a language may have none."""


Test = Callable[[Mapping[str, object]], bool]


class QuestionType(StrEnum):
    """The twelve types of question."""

    CONSENT = "consent"
    YESNO = "yesno"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    NUMBER = "number"
    RATING = "rating"
    DATE = "date"
    PHONE = "phone"
    EMAIL = "email"
    FILE = "file"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a `choice` or `choices`: the code is stored and compared, the label is only shown.

    `synonyms` are further words that mean it, never shown.
    """

    code: str
    label: Texts
    synonyms: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule across fields: the answer is taken only while `condition` holds, else `message` is said."""

    condition: Condition
    message: Texts


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a question is asked again (`times`) before `then` happens."""

    times: int = 2
    then: str = "escalate"


@dataclass(frozen=True, slots=True)
class Hours:
    """A time of day from `start` to `end`, in the contact's zone; it may run over midnight."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Whether `moment` is inside."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True)
class Silence:
    """What happens when no answer comes: reminders after each of `remind`, closing after `close`, none in `quiet`."""

    remind: tuple[timedelta, ...] = ()
    close: timedelta | None = None
    quiet: Hours | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """When and how often a call project rings."""

    attempts: int = 6
    busy: timedelta = timedelta(minutes=30)
    no_answer: timedelta = timedelta(hours=3)
    refused: timedelta = timedelta(days=7)
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A global word: `name` is `stop`, `operator`, `back`, `skip`, `restart` or one of the author's own.

    `words` are as written, `keys` as compared. `do` is what an author's own command causes.
    """

    name: str
    words: tuple[str, ...]
    keys: frozenset[str]
    do: "Do | None" = None


@dataclass(frozen=True, slots=True)
class Faq:
    """A question that contacts ask in between: `keys` are its triggers as compared."""

    words: tuple[str, ...]
    keys: tuple[str, ...]
    say: Texts


@dataclass(frozen=True, slots=True)
class EscalateTo:
    """Where people take over: `say` and `then` when somebody is on duty, `away_say` and `away` when nobody is."""

    team: str | None = None
    say: Texts | None = None
    away_say: Texts | None = None
    away: "Do | None" = None


@dataclass(frozen=True, slots=True)
class CallBack:
    """That the contact is to be called: the questions that hold the number, the day, the time of day, the reason.

    `times` are the times of day (`10:00`) behind the codes of the question `time`. No `phone`: the contact's number.
    `within` is how soon, where no time is said; None the hub's norm. `team` None is the escalation's, or the channel's.
    """

    phone: str | None = None
    day: str | None = None
    time: str | None = None
    times: tuple[tuple[str, str], ...] = ()
    within: timedelta | None = None
    topic: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Do:
    """What a `do` causes. Empty fields cause nothing."""

    stage: str | None = None
    tags: tuple[str, ...] = ()
    priority: str | None = None
    escalate: EscalateTo | None = None
    start: str | None = None
    after: timedelta | None = None
    webhook: str | None = None
    erase: bool = False
    opt_out: bool = False
    call_back: CallBack | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `id` carries the prefix of the flow it was inlined from; `part` is the index of its part.

    `save` names the contact's field, without `contact.`; `refuse` is the outcome that a "no" leads to at once.
    `checks` hold after the answer is read; `accept` are words such as `pdf` or `image`.
    """

    id: str
    type: QuestionType
    text: Texts
    hint: Texts | None = None
    script: Texts | None = None
    relevant: Condition | None = None
    optional: bool = False
    low: Bound | None = None
    high: Bound | None = None
    options: tuple[Option, ...] = ()
    max: int | None = None
    alone: tuple[str, ...] = ()
    link: str | None = None
    accept: tuple[str, ...] = ()
    save: str | None = None
    checks: tuple[Check, ...] = ()
    retry: Retry = Retry()
    refuse: str | None = None
    part: int | None = None

    @property
    def ranged_by(self) -> frozenset[str]:
        """The questions that the ends of the range name."""
        low = self.low.names if self.low else frozenset()
        return low | self.high.names if self.high else low


@dataclass(frozen=True, slots=True)
class Part:
    """A heading: a page of the form, a line of progress in a dialog, a block of the script."""

    index: int
    heading: Texts


@dataclass(frozen=True, slots=True)
class SayStep:
    """A text between questions. `key` names the step in `Session.passed`, the same in the next version too."""

    key: str
    text: Texts
    relevant: Condition | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True)
class DoStep:
    """Effects between questions. `key` as for `SayStep`."""

    key: str
    do: Do
    relevant: Condition | None = None
    part: int | None = None


Step = Question | Part | SayStep | DoStep


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Points for a condition that holds."""

    condition: Condition
    points: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A named end. `condition` None is the last one, `else`."""

    name: str
    condition: Condition | None = None
    say: Texts | None = None
    do: Do = Do()


@dataclass(frozen=True, slots=True)
class Start:
    """How a flow begins: words of a bot, the address of a hosted form, a call project."""

    words: tuple[str, ...] = ()
    form: str | None = None
    calls: str | None = None


@dataclass(frozen=True, repr=False)
class Flow:
    """A flow as published. `langs` begins with the language of the file itself.

    `version` and `patch` are the publisher's numbers; `digest` is the SHA-256 of all sources.
    """

    name: str
    lang: str
    langs: tuple[str, ...]
    title: Texts
    steps: tuple[Step, ...]
    outcomes: tuple[Outcome, ...]
    version: int = 0
    patch: int = 0
    digest: str = ""
    start: Start = Start()
    intro: Texts | None = None
    score: tuple[ScoreLine, ...] = ()
    commands: tuple[Command, ...] = ()
    retry: Retry = Retry()
    silence: Silence = Silence()
    calls: Calls = Calls()
    faq: tuple[Faq, ...] = ()

    def __repr__(self) -> str:
        return f"<Flow {self.name} {self.label}>"

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions by id, in the order they are asked."""
        return {step.id: step for step in self.steps if isinstance(step, Question)}

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts, in order."""
        return tuple(step for step in self.steps if isinstance(step, Part))

    @cached_property
    def course(self) -> tuple[tuple[Question | SayStep | DoStep, Test | None, str], ...]:
        """The steps that happen, each with the test of its condition and its id or key."""
        return tuple(
            (step, step.relevant.test if step.relevant else None, step.id if isinstance(step, Question) else step.key)
            for step in self.steps
            if not isinstance(step, Part)
        )

    @cached_property
    def refusals(self) -> Mapping[str, str]:
        """The outcome that a "no" leads to at once, by question."""
        return {
            question.id: question.refuse or "no_consent"
            for question in self.questions.values()
            if question.refuse or question.type is QuestionType.CONSENT
        }

    @cached_property
    def words(self) -> Mapping[str, Command]:
        """The commands by their words as compared."""
        return {key: command for command in self.commands for key in command.keys}

    @cached_property
    def prepared(self) -> dict[object, Any]:
        """What other modules work out once for this flow, such as texts that need no filling in."""
        return {}

    @cached_property
    def label(self) -> str:
        """The version as people and answers name it: `3` or `3.1`."""
        return f"{self.version}.{self.patch}" if self.patch else str(self.version)
