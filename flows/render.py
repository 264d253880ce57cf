"""Rendering: a question as every mode shows it, with buttons, numbered lines or the words of a script.

The value of a button is `f:<session>:<turn>:<n>`: the first eight characters of the session's id, the turn that asked,
the option's index. Labels never travel: Telegram's `callback_data` has 64 bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flows.conditions import Bound
from flows.definition import Flow, Question, QuestionType
from flows.effects import Choice, Prompt
from flows.events import Mode
from flows.phrases import Phrase, phrase
from flows.records import record
from flows.session import Value
from flows.showing import filled_in

DATE, TELEGRAM = QuestionType.DATE, Mode.TELEGRAM  # see `flows.engine.run`
REF_LENGTH = 8
PAGE_SIZE = 20
"""Options on one page of a Telegram keyboard; with more there are pages, and the typed answer is a search."""
QUICK_DAYS = (
    (Phrase.TODAY, timedelta(0)), (Phrase.TOMORROW, timedelta(days=1)), (Phrase.IN_A_WEEK, timedelta(days=7))
)  # fmt: skip
Limits = tuple[str | None, str | None]
"""The ends of a range as texts; None where it has no end."""
REQUESTS = {QuestionType.PHONE: "phone", QuestionType.LOCATION: "location", QuestionType.FILE: "file"}
DIALOG = frozenset({Mode.CHAT, Mode.TELEGRAM})
YES_NO = frozenset({QuestionType.CONSENT, QuestionType.YESNO})


@record(frozen=True, slots=True)
class Look:
    """How a question is to be shown: whose, when, in which mode and language. `facts` hold the answers and `today`."""

    flow: Flow
    lang: str
    mode: Mode
    session: str
    turn: int
    facts: Mapping[str, object]
    known: Mapping[str, str]

    def value(self, n: str | int) -> str:
        """What the button number `n` sends."""
        return f"f:{self.session[:REF_LENGTH]}:{self.turn}:{n}"

    def say(self, text: str) -> str:
        """`text` with its placeholders filled in."""
        return filled_in(text, self.flow, self.facts, self.known, self.lang) if "{" in text or "}" in text else text


@record(frozen=True, slots=True)
class Press:
    """A button's value, taken apart."""

    session: str
    turn: int
    n: str


_NO_FLOW = Flow("", "", (), {}, (), ())
"""Stands in where a text without placeholders is sketched."""


def pressed(value: str) -> Press | None:
    """What a button's value says; None for one that is not of a flow."""
    parts = value.split(":", 3)
    if len(parts) != 4 or parts[0] != "f" or not parts[2].isdecimal() or len(parts[2]) > 18:
        return None
    return Press(parts[1], int(parts[2]), parts[3])


@dataclass(frozen=True, slots=True)
class Sketch:
    """What of a question is the same in every session, worked out once for a language and a mode.

    `labels` are label, number and code of its answers, `tail` those of `done` and `skip`. `limits` is None while they
    depend on answers. `whole` is the complete text, None while it has placeholders. A `daily` one is right on `day`.
    """

    type: str
    text: str
    hint: str | None
    fixed: bool
    labels: tuple[tuple[str, str, str], ...]
    tail: tuple[tuple[str, str], ...]
    several: bool
    limits: Limits | None
    request: str | None
    daily: bool
    day: object
    whole: str | None = None


def sketch_of(question: Question, look: Look) -> Sketch:
    """The sketch of a question, from memory where it was made before."""
    key = (question.id, look.lang, look.mode)
    found: Sketch | None = look.flow.prepared.get(key)
    if found is None or (found.daily and found.day != look.facts.get("today")):
        found = look.flow.prepared[key] = _sketched(question, look.lang, look.mode, look.facts.get("today"))
    return found


def _sketched(question: Question, lang: str, mode: Mode, day: object) -> Sketch:
    text = ((question.script if mode is Mode.CALL else None) or question.text)[lang]
    hint = question.hint[lang] if question.hint else None
    several = question.type is QuestionType.CHOICES
    tail = []
    if mode in DIALOG and several:
        tail.append((phrase(Phrase.DONE, lang), "done"))
    if mode in DIALOG and question.optional:
        tail.append((phrase(Phrase.SKIP, lang), "skip"))
    fixed = not any(brace in text + (hint or "") for brace in "{}")
    daily = question.type is DATE or not (_is_constant(question.low) and _is_constant(question.high))
    limits = None if question.ranged_by else limit_texts(question, {"today": day})
    labels = _labels(question, lang)
    if limits and question.type is DATE and mode in DIALOG:
        labels = _quick_days(day, limits, lang)
    sketch = Sketch(
        question.type.value, text, hint, fixed, tuple(labels), tuple(tail), several, limits,
        REQUESTS.get(question.type), daily, day,
    )  # fmt: skip
    if fixed and limits is not None:
        plain = Look(_NO_FLOW, lang, mode, "", 0, {}, {})
        sketch = replace(sketch, whole=text_of(_drawn(question, sketch, plain, (), 0), mode, lang))
    return sketch


def _is_constant(bound: Bound | None) -> bool:
    return bound is None or isinstance(bound.checked, int | float)


def prompt_of(question: Question, look: Look, toggled: Sequence[str] = (), page: int = 0) -> Prompt:
    """The question, ready to be drawn."""
    return _drawn(question, sketch_of(question, look), look, toggled, page)


def asked(question: Question, look: Look, toggled: Sequence[str] = ()) -> tuple[str, Prompt]:
    """The question as complete text, and ready to be drawn."""
    sketch = sketch_of(question, look)
    prompt = _drawn(question, sketch, look, toggled, 0)
    return sketch.whole or text_of(prompt, look.mode, look.lang), prompt


def _drawn(question: Question, sketch: Sketch, look: Look, toggled: Sequence[str], page: int) -> Prompt:
    text, hint = sketch.text, sketch.hint
    if not sketch.fixed:
        text, hint = look.say(text), look.say(hint) if hint else None
    limits, labels = sketch.limits, sketch.labels
    if limits is None:
        limits = limit_texts(question, look.facts)
        if question.type is DATE and look.mode in DIALOG:
            labels = tuple(_quick_days(look.facts.get("today"), limits, look.lang))
    choices = _choices(sketch, labels, look, toggled, page)
    return Prompt(
        question.id, sketch.type, text, hint, question.link, choices, sketch.several,
        question.max if sketch.several else None, question.alone, question.optional, limits, question.accept,
        sketch.request, look.turn,
    )  # fmt: skip


def limit_texts(question: Question, facts: Mapping[str, object]) -> Limits:
    """The ends of the range: numbers, or dates as `2026-12-15`."""
    low = question.low.value(facts) if question.low else None
    high = question.high.value(facts) if question.high else None
    return (None if low is None else str(low)), (None if high is None else str(high))


def rating_values(question: Question) -> range:
    """The marks of a rating, lowest first."""
    low = question.low.value({}) if question.low else 0
    high = question.high.value({}) if question.high else 10
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    return range(int(low), int(high) + 1)


def _labels(question: Question, lang: str) -> list[tuple[str, str, str]]:
    match question.type:
        case QuestionType.CHOICE | QuestionType.CHOICES:
            return [(option.label[lang], str(n), option.code) for n, option in enumerate(question.options)]
        case QuestionType.CONSENT | QuestionType.YESNO:
            return [(phrase(Phrase.YES, lang), "0", "true"), (phrase(Phrase.NO, lang), "1", "false")]
        case QuestionType.RATING:
            return [(str(mark), str(n), str(mark)) for n, mark in enumerate(rating_values(question))]
        case _:
            return []


def _choices(
    sketch: Sketch, labels: Sequence[tuple[str, str, str]], look: Look, toggled: Sequence[str], page: int
) -> tuple[Choice, ...]:
    if not labels and not sketch.tail:
        return ()
    head = f"f:{look.session[:REF_LENGTH]}:{look.turn}:"
    if sketch.several:
        boxes = look.mode is TELEGRAM
        found = [
            Choice(_ticked(label, code in toggled) if boxes else label, head + n, code, code in toggled)
            for label, n, code in labels
        ]
    else:
        found = [Choice(label, head + n, code) for label, n, code in labels]
    if len(found) > PAGE_SIZE and look.mode is TELEGRAM:
        found = _page(found, page, head, look.lang)
    for label, n in sketch.tail:
        found.append(Choice(label, head + n))
    return tuple(found)


def _ticked(label: str, ticked: bool) -> str:
    return f"☑ {label}" if ticked else f"☐ {label}"


def _quick_days(today: object, limits: Limits, lang: str) -> list[tuple[str, str, str]]:
    if not isinstance(today, date):
        return []
    low, high = limits
    found = []
    for n, (name, later) in enumerate(QUICK_DAYS):
        day = (today + later).isoformat()
        if (low is None or day >= low) and (high is None or day <= high):
            found.append((phrase(name, lang), str(n), day))
    return found


def _page(choices: list[Choice], page: int, head: str, lang: str) -> list[Choice]:
    pages = -(-len(choices) // PAGE_SIZE)
    page = min(max(page, 0), pages - 1)
    found = choices[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    if page > 0:
        found.append(Choice(phrase(Phrase.PREVIOUS_PAGE, lang), f"{head}p{page - 1}"))
    if page + 1 < pages:
        found.append(Choice(phrase(Phrase.NEXT_PAGE, lang), f"{head}p{page + 1}"))
    return found


def text_of(prompt: Prompt, mode: Mode, lang: str, *, indent: str = "") -> str:
    """The question as text, complete: with numbered lines and how to answer where there are no buttons."""
    lines = [prompt.text]
    if prompt.hint:
        lines.append(prompt.hint)
    if prompt.link:
        lines.append(phrase(Phrase.MORE_AT, lang, link=prompt.link))
    if mode is Mode.EMAIL:
        lines += [indent + line for line in _numbered(prompt)]
        if not indent:
            lines += how_to_answer(prompt, lang)
    elif mode is Mode.TELEGRAM:
        if prompt.multiple:
            lines.append(phrase(Phrase.TICK_AND_DONE, lang))
        if any(choice.value.endswith((":p0", ":p1")) for choice in prompt.choices):
            lines.append(phrase(Phrase.TYPE_TO_SEARCH, lang))
    return lines[0] if len(lines) == 1 else "\n".join(lines)


def _numbered(prompt: Prompt) -> list[str]:
    if prompt.type not in {QuestionType.CHOICE, QuestionType.CHOICES}:
        return []
    return [f"{n}. {choice.label}" for n, choice in enumerate(prompt.choices, 1)]


def how_to_answer(prompt: Prompt, lang: str) -> list[str]:
    """The lines below a question in a mode without buttons."""
    lines = []
    match QuestionType(prompt.type):
        case QuestionType.CHOICE:
            lines.append(phrase(Phrase.BY_NUMBER, lang))
        case QuestionType.CHOICES:
            lines.append(phrase(Phrase.BY_NUMBERS, lang))
        case QuestionType.CONSENT | QuestionType.YESNO:
            lines.append(phrase(Phrase.BY_YES_NO, lang))
        case QuestionType.RATING:
            low, high = prompt.limits
            lines.append(phrase(Phrase.SCALE, lang, min=low or 0, max=high or 10))
        case QuestionType.FILE if prompt.accept:
            lines.append(phrase(Phrase.SEND_FILES, lang, accept=", ".join(prompt.accept)))
    if prompt.optional:
        lines.append(phrase(Phrase.DASH_SKIPS, lang))
    return lines


def confirm_prompt(question: Question, text: str, look: Look) -> Prompt:
    """Asks whether an unsure value was meant."""
    choices: tuple[Choice, ...] = ()
    if look.mode in DIALOG:
        choices = (
            Choice(phrase(Phrase.YES, look.lang), look.value("yes"), "true"),
            Choice(phrase(Phrase.NO, look.lang), look.value("no"), "false"),
        )
    return Prompt(question.id, QuestionType.YESNO.value, text, choices=choices, turn=look.turn)


def code_of(question: Question, n: int) -> Value | None:
    """The value that option number `n` of `question` stands for; None when there is none."""
    match question.type:
        case QuestionType.CONSENT | QuestionType.YESNO:
            return n == 0 if n in {0, 1} else None
        case QuestionType.CHOICE:
            return question.options[n].code if n < len(question.options) else None
        case QuestionType.RATING:
            marks = rating_values(question)
            return marks[n] if n < len(marks) else None
        case _:
            return None
