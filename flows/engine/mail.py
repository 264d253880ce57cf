"""A mail that asked several questions at once: its reply answers them by number."""

import re
from collections.abc import Sequence
from dataclasses import replace

from flows.answers import NotUnderstood, Raw, Understood, Unsure
from flows.answers.introductions import name_in
from flows.definition import Question, QuestionType
from flows.engine.replies import FREE_TEXT, NUMBERED, SKIPS, UNKNOWING, Reading, numbered, read_raw
from flows.engine.run import Run
from flows.engine.taking import answer_of, ask_again, confirm, go_on, take
from flows.engine.verdict import Verdict
from flows.events import Said
from flows.phrases import Phrase
from flows.session import Refusal
from flows.words import key_of

CLOSING = re.compile(
    r"(?:--|с уважением|с наилучшими|всего доброго|всего хорошего|хорошего дня|(?:заранее )?спасибо|отправлено (?:с|из)"
    r"|(?:best|kind|warm) (?:regards|wishes)|regards|sincerely|(?:many )?thanks|thank you|cheers|sent from)\b.*|--\s*",
    re.IGNORECASE,
)
"""How a letter ends: what follows is a name, and no answer."""


def read_line(run: Run, question: Question, text: str) -> Reading:
    """What `text` means; where that is nothing, what stands before the letter's end or another number means."""
    reading = read_raw(run, question, text, run.facts())
    if not isinstance(reading, NotUnderstood) or question.type in FREE_TEXT:
        return reading
    before = _before_the_end(text)
    return read_raw(run, question, before, run.facts()) if before and before != text else reading


def _before_the_end(text: str) -> str:
    lines = text.strip().splitlines()
    end = (at for at, line in enumerate(lines) if at and (CLOSING.fullmatch(line.strip()) or NUMBERED.fullmatch(line)))
    return "\n".join(lines[: next(end, len(lines))]).strip()


def in_order(run: Run, questions: Sequence[Question], text: str) -> dict[int, str]:
    """The answers of a reply without numbers: a line for each question, in their order; nothing where in doubt.

    Questions that take any words prove nothing: without another among them nothing is taken.
    """
    lines = [line.strip() for line in _before_the_end(text).splitlines() if name_in(line)]  # no greeting
    if len(lines) != len(questions) or all(question.type in FREE_TEXT for question in questions):
        return {}
    for question, line in zip(questions, lines, strict=True):
        left_out = question.optional and (line in SKIPS or key_of(line) in UNKNOWING)
        if not left_out and not isinstance(read_raw(run, question, line, run.facts()), Understood):
            return {}
    return dict(enumerate(lines, 1))


def answer_mail(run: Run, questions: list[Question], said: Said) -> Verdict:
    """Take the answers that are clear; the next mail asks for the others and says what was wrong with them."""
    texts = numbered(said.text, len(questions)).texts or in_order(run, questions, said.text)
    unsure: tuple[Question, Unsure] | None = None
    faults: list[str] = []
    taken = 0
    for number, question in enumerate(questions, 1):
        text = texts.get(number)
        files = said.files if question.type is QuestionType.FILE else ()
        if text is None and not files:
            continue
        if text in SKIPS and question.optional and not files:
            run.keep(question, answer_of(run, None, text or "", said, Refusal.SKIPPED))
            taken += 1
            continue
        raw: Raw = tuple(files)
        reading = read_raw(run, question, raw, run.facts()) if files else read_line(run, question, text or "")
        unknowing = question.optional and not files and key_of(text or "") in UNKNOWING
        if unknowing and question.type not in FREE_TEXT and isinstance(reading, NotUnderstood):
            run.keep(question, answer_of(run, None, text or "", said, Refusal.UNKNOWN))
            taken += 1
        elif isinstance(reading, NotUnderstood):
            faults.append(f"{number}. {reading.sentence}")
        elif isinstance(reading, Unsure):
            unsure = unsure or (question, reading)
        else:
            take(run, question, answer_of(run, reading.value, text or reading.echo, said))
            taken += 1
    if unsure is not None:
        run.lines += faults
        return confirm(run, *unsure)
    if not taken:
        sentence = "\n".join(faults) or run.phrase(Phrase.COULD_NOT_READ)
        return _ask_mail_again(run, questions[0], sentence)
    run.lines += faults
    return go_on(run)


def _ask_mail_again(run: Run, question: Question, sentence: str) -> Verdict:
    """The whole mail once more, with what was wrong at its head."""
    assert run.open is not None
    if run.open.retries + 1 > question.retry.times:
        return ask_again(run, question, sentence)
    run.open = replace(run.open, retries=run.open.retries + 1)
    run.lines.append(sentence)
    run.put_mail(question)
    run.set_timers()
    return Verdict.ASKED_AGAIN
