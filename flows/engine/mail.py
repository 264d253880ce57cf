"""A mail that asked several questions at once: its reply answers them by number."""

from dataclasses import replace

from flows.answers import NotUnderstood, Unsure
from flows.definition import Question, QuestionType
from flows.engine.replies import FREE_TEXT, SKIPS, UNKNOWING, numbered, read_raw
from flows.engine.run import Run
from flows.engine.taking import answer_of, ask_again, confirm, go_on, take
from flows.engine.verdict import Verdict
from flows.events import Said
from flows.phrases import Phrase
from flows.session import Refusal
from flows.words import key_of


def answer_mail(run: Run, questions: list[Question], said: Said) -> Verdict:
    """Take the answers that are clear; the next mail asks for the others and says what was wrong with them."""
    texts = numbered(said.text, len(questions)).texts
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
        reading = read_raw(run, question, tuple(files) or text or "", run.facts())
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
