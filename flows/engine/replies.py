"""Replies: what a message or a field of a page means as an answer to one question, within its limits and checks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flows import answers
from flows.answers import Context, NotUnderstood, Raw, Understood, Unsure
from flows.answers.emails import read_plain
from flows.answers.introductions import name_in
from flows.answers.phones import read_in_full
from flows.definition import Flow, Option, Question, QuestionType
from flows.engine.facts import Facts
from flows.engine.run import Run
from flows.events import GivenFile, Said
from flows.limits import WITHOUT, Limits, limits_of
from flows.phrases import Phrase, phrase
from flows.session import Value
from flows.showing import shown

Reading = Understood | Unsure | NotUnderstood
FREE_TEXT = frozenset({QuestionType.TEXT, QuestionType.LOCATION})
"""Types that take whatever is written."""
NOT_TEXT = frozenset({QuestionType.FILE, QuestionType.PHONE, QuestionType.LOCATION})
"""Types that a message may answer with something else than its text."""
NUMBER, TEXT = QuestionType.NUMBER, QuestionType.TEXT  # see `flows.engine.run`
SHORT_WAYS = {QuestionType.PHONE: read_in_full, QuestionType.EMAIL: read_plain}
"""Readers of what needs no context."""
MACHINE_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
"""What a browser's number field sends, whatever the page's language: never grouped, a dot before the fraction."""
PLAIN_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
"""What needs no reader: no language reads it in another way."""
NUMBERED = re.compile(r"\s*(?:(?:№|#|вопрос|question)\s*)?(\d{1,2})\s*[.):\-–—]\s*(\S.*)", re.IGNORECASE)
SKIPS = frozenset({"-", "–", "—"})
UNKNOWING = frozenset({
    "не знаю", "незнаю", "я не знаю", "пока не знаю", "еще не знаю", "не знаю пока", "без понятия", "понятия не имею",
    "затрудняюсь", "затрудняюсь ответить", "сложно сказать", "трудно сказать", "не скажу", "хз",
    "i don t know", "don t know", "dont know", "i dont know", "dunno", "no idea", "not sure", "hard to say",
    "i d rather not say", "prefer not to say", "i do not know", "do not know", "not sure yet", "don t know yet",
})  # fmt: skip
"""What leaves an optional question out, in the form of `key_of`."""


def context_of(run: Run, question: Question, facts: Facts | None = None) -> Context:
    """What the reader of `question` may know."""
    options = options_of(run.flow, question, run.lang) if question.options else ()
    return Context(
        run.now, run.lang, run.at.zone, run.at.region, options, question.max, question.alone,
        limits_now(run, question, facts), question.accept,
    )  # fmt: skip


def limits_now(run: Run, question: Question, facts: Facts | None = None) -> Limits:
    """The ends of the question's range, seen from this session and day."""
    if question.low is None and question.high is None:
        return WITHOUT
    if facts is None:
        facts = run.facts() if question.ranged_by else {"today": run.today}
    return limits_of(run.flow, question, facts)


def options_of(flow: Flow, question: Question, lang: str) -> tuple[answers.Option, ...]:
    """The options as readers know them, in `lang`; labels and synonyms of all languages count."""
    key = ("options", question.id, lang)
    found: tuple[answers.Option, ...] | None = flow.prepared.get(key)
    if found is None:
        found = tuple(
            answers.Option(option.code, option.label[lang], _further_names(option, lang)) for option in question.options
        )
        flow.prepared[key] = found
    return found


def _further_names(option: Option, lang: str) -> Mapping[str, Sequence[str]]:
    return {
        other: (*((label,) if other != lang else ()), *option.synonyms.get(other, ()))
        for other, label in option.label.items()
    }


def read_raw(run: Run, question: Question, raw: Raw, facts: Facts | None = None) -> Reading:
    """What `raw` means, within the question's limits and checks."""
    if question.type is NUMBER and isinstance(raw, str) and PLAIN_NUMBER.fullmatch(raw):
        return _machine_number(run, question, raw, facts)
    short = SHORT_WAYS.get(question.type)
    reading: Reading | None = short(raw) if short and isinstance(raw, str) else None
    reading = reading or answers.read(question.type, raw, context_of(run, question, facts))
    if question.save == "name" and question.type is TEXT and isinstance(reading, Understood):
        reading = _name(reading, run.lang)
    if isinstance(reading, NotUnderstood) or not question.checks:
        return reading
    return failed_check(run, question, reading.value, facts) or reading


def _name(reading: Understood, lang: str) -> Reading:
    name = name_in(str(reading.value))
    if not name:
        return NotUnderstood(Phrase.NAME_NEEDED.value, phrase(Phrase.NAME_NEEDED, lang))
    return replace(reading, value=name)


def failed_check(run: Run, question: Question, value: Value, facts: Facts | None = None) -> NotUnderstood | None:
    """The message of the first `check` that `value` breaks."""
    with_value = {**(run.facts() if facts is None else facts), question.id: value}
    for check in question.checks:
        if not check.condition.test(with_value):
            return NotUnderstood("check", run.filled(check.message, facts))
    return None


def read_code(run: Run, question: Question, value: Value, facts: Facts | None = None) -> Reading:
    """A value that a button stands for: nothing to be read, but the checks hold for it too."""
    fault = failed_check(run, question, value, facts) if question.checks else None
    return fault or Understood(value, shown(question, value, run.lang))


def read_said(run: Run, question: Question, said: Said, facts: Facts | None = None) -> Reading:
    """What a message means: the part of it that this type of question takes."""
    raw: Raw = said.text
    if question.type not in NOT_TEXT and not said.files:
        return read_raw(run, question, raw)
    match question.type:
        case QuestionType.FILE:
            if said.files:
                raw = tuple(said.files)
        case QuestionType.PHONE if said.phone:
            raw = said.phone if said.phone.startswith("+") else "+" + said.phone
        case QuestionType.LOCATION if said.location:
            raw = said.location
        case _ if said.files and not said.text.strip():
            return NotUnderstood(Phrase.WORDS_NEEDED.value, run.phrase(Phrase.WORDS_NEEDED))
    return read_raw(run, question, raw, facts)


Field = str | Sequence[str] | bool | Sequence[GivenFile] | tuple[float, float]


def read_field(run: Run, question: Question, field: Field, facts: Facts | None = None) -> Reading:
    """What a field of a page holds. What would be asked back in a dialog is a fault that says how it was read."""
    if question.type is QuestionType.NUMBER and isinstance(field, str) and MACHINE_NUMBER.fullmatch(field.strip()):
        return _machine_number(run, question, field.strip(), facts)
    if isinstance(field, str) and question.type in {QuestionType.CHOICE, QuestionType.CHOICES}:
        codes = [option.code for option in question.options]
        if question.type is QuestionType.CHOICE and field in codes:
            return read_code(run, question, field, facts)
    if isinstance(field, Sequence) and not isinstance(field, str) and question.type is QuestionType.CHOICES:
        return _codes(run, question, [item for item in field if isinstance(item, str)], facts)
    return read_raw(run, question, field, facts)


def _machine_number(run: Run, question: Question, text: str, facts: Facts | None = None) -> Reading:
    value = float(text) if "." in text else int(text)
    value = int(value) if float(value).is_integer() else value
    low, high = limits_now(run, question, facts)
    if isinstance(low, int | float) and value < low:
        return NotUnderstood(
            Phrase.NUMBER_TOO_SMALL.value,
            phrase(Phrase.NUMBER_TOO_SMALL, run.lang, min=shown(question, low, run.lang)),
        )
    if isinstance(high, int | float) and value > high:
        return NotUnderstood(
            Phrase.NUMBER_TOO_BIG.value, phrase(Phrase.NUMBER_TOO_BIG, run.lang, max=shown(question, high, run.lang))
        )
    return read_code(run, question, value, facts)


def _codes(run: Run, question: Question, codes: Sequence[str], facts: Facts | None = None) -> Reading:
    """Ticked codes; the order is that of the options. A code that is none goes to the reader, which says so."""
    ticked = set(codes)
    known = tuple(option.code for option in question.options if option.code in ticked)
    if len(known) != len(ticked):
        return read_raw(run, question, codes, facts)
    fault = ticks_fault(run, question, known)
    if fault:
        return fault
    return read_code(run, question, known, facts)


def ticks_fault(run: Run, question: Question, codes: Sequence[str]) -> NotUnderstood | None:
    """Why these ticks cannot stand together."""
    if question.max is not None and len(codes) > question.max:
        code = Phrase.TOO_MANY_OPTIONS
        return NotUnderstood(code.value, run.phrase(code, max=question.max))
    alone = next((one for one in codes if one in question.alone), None)
    if alone is not None and len(codes) > 1:
        code = Phrase.OPTION_STANDS_ALONE
        return NotUnderstood(code.value, run.phrase(code, label=shown(question, (alone,), run.lang)))
    return None


@dataclass(frozen=True, slots=True)
class Numbered:
    """The answers of one mail, by the number of the question."""

    texts: Mapping[int, str]


def numbered(text: str, count: int) -> Numbered:
    """The answers in a reply to a mail of `count` questions. Lines without a number continue the one before."""
    found: dict[int, str] = {}
    current: int | None = None
    for line in text.splitlines():
        match = NUMBERED.fullmatch(line)
        number = int(match[1]) if match else 0
        if match and 1 <= number <= count and number not in found:
            current = number
            found[number] = match[2].strip()
        elif current is not None and line.strip():
            found[current] += "\n" + line.strip()
    return Numbered(found)
