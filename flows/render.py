"""Rendering: a question as every mode shows it, with buttons, numbered lines or the words of a script.

The value of a button is `f:<session>:<turn>:<n>`: the first eight characters of the session's id, the turn that asked,
the option's index. Labels never travel: Telegram's `callback_data` has 64 bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flows.definition import Flow, Question, QuestionType
from flows.effects import Choice, Prompt
from flows.events import Mode
from flows.phrases import Phrase, phrase
from flows.session import Value
from flows.showing import filled_in

REF_LENGTH = 8
PAGE_SIZE = 20
"""Options on one page of a Telegram keyboard; with more there are pages, and the typed answer is a search."""
QUICK_DAYS = ((Phrase.TODAY, 0), (Phrase.TOMORROW, 1), (Phrase.IN_A_WEEK, 7))
REQUESTS = {QuestionType.PHONE: "phone", QuestionType.LOCATION: "location", QuestionType.FILE: "file"}
DIALOG = frozenset({Mode.CHAT, Mode.TELEGRAM})
YES_NO = frozenset({QuestionType.CONSENT, QuestionType.YESNO})


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Press:
    """A button's value, taken apart."""

    session: str
    turn: int
    n: str


def pressed(value: str) -> Press | None:
    """What a button's value says; None for one that is not of a flow."""
    parts = value.split(":", 3)
    if len(parts) != 4 or parts[0] != "f" or not parts[2].isdecimal() or len(parts[2]) > 18:
        return None
    return Press(parts[1], int(parts[2]), parts[3])


def prompt_of(question: Question, look: Look, toggled: Sequence[str] = (), page: int = 0) -> Prompt:
    """The question, ready to be drawn."""
    lang, mode = look.lang, look.mode
    script = question.script if mode is Mode.CALL else None
    several = question.type is QuestionType.CHOICES
    return Prompt(
        question=question.id,
        type=question.type.value,
        text=look.say((script or question.text)[lang]),
        hint=look.say(question.hint[lang]) if question.hint else None,
        link=question.link,
        choices=_choices(question, look, toggled, page),
        multiple=several,
        max_choices=question.max if several else None,
        alone=question.alone,
        optional=question.optional,
        limits=limit_texts(question, look.facts) if question.low or question.high else (None, None),
        accept=question.accept,
        request=REQUESTS.get(question.type),
        turn=look.turn,
    )


def limit_texts(question: Question, facts: Mapping[str, object]) -> tuple[str | None, str | None]:
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


def _choices(question: Question, look: Look, toggled: Sequence[str], page: int) -> tuple[Choice, ...]:
    head = f"f:{look.session[:REF_LENGTH]}:{look.turn}:"
    found = _answers(question, look, head, toggled)
    if look.mode is Mode.TELEGRAM and len(found) > PAGE_SIZE:
        found = _page(found, page, head, look.lang)
    if look.mode in DIALOG:
        if question.type is QuestionType.CHOICES:
            found.append(Choice(phrase(Phrase.DONE, look.lang), head + "done"))
        if question.optional:
            found.append(Choice(phrase(Phrase.SKIP, look.lang), head + "skip"))
    return tuple(found)


def _answers(question: Question, look: Look, head: str, toggled: Sequence[str]) -> list[Choice]:
    lang = look.lang
    match question.type:
        case QuestionType.CHOICE:
            return [Choice(option.label[lang], f"{head}{n}", option.code) for n, option in enumerate(question.options)]
        case QuestionType.CHOICES:
            return [
                Choice(_ticked(option.label[lang], option.code in toggled, look.mode), f"{head}{n}", option.code,
                       option.code in toggled)
                for n, option in enumerate(question.options)
            ]  # fmt: skip
        case QuestionType.CONSENT | QuestionType.YESNO:
            return [
                Choice(phrase(Phrase.YES, lang), head + "0", "true"),
                Choice(phrase(Phrase.NO, lang), head + "1", "false"),
            ]
        case QuestionType.RATING:
            return [Choice(str(mark), f"{head}{n}", str(mark)) for n, mark in enumerate(rating_values(question))]
        case QuestionType.DATE if look.mode in DIALOG:
            return _quick_days(question, look, head)
        case _:
            return []


def _ticked(label: str, ticked: bool, mode: Mode) -> str:
    if mode is not Mode.TELEGRAM:
        return label
    return f"☑ {label}" if ticked else f"☐ {label}"


def _quick_days(question: Question, look: Look, head: str) -> list[Choice]:
    low, high = limit_texts(question, look.facts)
    today = look.facts["today"]
    assert isinstance(today, date)
    found = []
    for n, (name, days) in enumerate(QUICK_DAYS):
        day = (today + timedelta(days=days)).isoformat()
        if (low is None or day >= low) and (high is None or day <= high):
            found.append(Choice(phrase(name, look.lang), f"{head}{n}", day))
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
