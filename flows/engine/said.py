"""A message of the contact: which of the things it may be it is, in the order of precedence.

A repeated delivery, a global word, a button, an answer to the open question, a frequent question, else asked again.
"""

from dataclasses import replace
from datetime import timedelta

from flows.answers import NotUnderstood, Understood, read
from flows.answers.reading import Context
from flows.definition import Faq, Flow, Question, QuestionType
from flows.effects import SetField, Toast
from flows.engine.commands import command_of, is_slash, obey, stop
from flows.engine.mail import answer_mail, read_line
from flows.engine.presses import confirmed, press, stale
from flows.engine.replies import FREE_TEXT, SKIPS, UNKNOWING, Reading, read_raw, read_said
from flows.engine.run import Run
from flows.engine.taking import skip, take_reading
from flows.engine.verdict import Verdict
from flows.events import At, Mode, Said
from flows.phrases import Phrase
from flows.render import pressed
from flows.session import Answer, By, Refusal, Session, State
from flows.words import key_of

ACTIVE, CONTACT, TEXT = State.ACTIVE, By.CONTACT, QuestionType.TEXT  # see `flows.engine.run`
NO_TIME = timedelta(0)
JOIN_WINDOW = timedelta(seconds=3)
"""How long a text may go on in a second message: people send a thought in two lines."""
GLANCE = timedelta(seconds=1)
"""Nobody reads a question and answers it so fast: the same text within it is the last answer, sent twice."""
REOPEN_WINDOW = timedelta(days=14)
"""How long after it was closed for silence a later reply takes the session up again."""


def reopens(session: Session, at: At) -> bool:
    """Whether a message would take up this session again, closed for silence as it is."""
    return (
        session.state is State.ABANDONED and session.ended_at is not None and at.now - session.ended_at <= REOPEN_WINDOW
    )


def is_press(button: str) -> bool:
    """Whether a button's value is one that a flow made."""
    return pressed(button) is not None


def hear(run: Run, said: Said) -> Verdict:
    """Work a message in."""
    if _is_known(run, said.message):
        return Verdict.NOTHING
    if run.state is not ACTIVE:
        if run.state is State.WAITING_OPERATOR:
            return _hear_while_held(run, said)
        if not reopens(run.before, run.at):
            return _hear_when_over(run, said)
        run.state, run.outcome, run.ended_at = ACTIVE, None, None
    run.message = said.message
    button = pressed(said.button) if said.button else None
    if button is None and said.text and (command := command_of(run.flow, said.text)):
        return obey(run, command, said)
    question = run.question()
    if button is not None:
        return press(run, question, button, said)
    if said.turn is not None and said.turn < run.turn and _asked_in(run, said.turn):
        return stale(run, said.turn)
    if question is None:
        return Verdict.NOTHING
    if verdict := _early(run, question, said):
        return verdict
    return _answer(run, question, said)


def _is_known(run: Run, message: str) -> bool:
    """Whether a message is one that was handled: the last one, or one that an answer came from."""
    if message == run.message:
        return True
    for answer in run.answers.values():  # noqa: SIM110 - a generator costs a tenth of a step
        if answer.message == message:
            return True
    return False


def _hear_while_held(run: Run, said: Said) -> Verdict:
    """A person speaks with the contact: the flow is silent, but a wish to be left alone is recorded."""
    command = command_of(run.flow, said.text) if said.text and not said.button else None
    if command is None or command.do is None or not command.do.opt_out:
        return Verdict.NOTHING
    run.message = said.message
    return stop(run, command.do, quiet=True)


def _hear_when_over(run: Run, said: Said) -> Verdict:
    button = pressed(said.button) if said.button else None
    if button is not None:
        run.effects.append(Toast(run.phrase(Phrase.OVER)))
        return Verdict.STALE
    last = run.flow.questions.get(run.last or "")
    if run.state is State.DONE and last is not None and _continues(run, last, said):
        return _join(run, last, said)
    return Verdict.NOTHING


def _asked_in(run: Run, turn: int) -> bool:
    return any(answer.turn == turn for answer in run.answers.values())


def _early(run: Run, question: Question, said: Said) -> Verdict | None:
    """What a text is that cannot be the answer to the question which has just been asked; None for a real answer."""
    assert run.open is not None
    early = said.at < run.open.asked_at
    last = run.flow.questions.get(run.last) if run.last else None
    if last is None:
        if not early:
            return None
        run.put(question)  # nobody agrees to what they have not seen
        return Verdict.NOTED
    answer = run.answers.get(last.id)
    if answer is None or answer.by is not CONTACT or said.turn is not None:
        return None
    text = said.text.strip()
    if text and text == answer.raw.strip() and said.at - run.open.asked_at <= GLANCE:
        return _noted(run)
    if last.type is TEXT and _continues(run, last, said) and (early or not _answers(run, question, said)):
        return _join(run, last, said)
    return _noted(run) if early else None


def _continues(run: Run, last: Question, said: Said) -> bool:
    """Whether a text may be the second part of the last answer."""
    answer = run.answers.get(last.id)
    return (
        last.type is TEXT
        and answer is not None
        and isinstance(answer.value, str)
        and answer.at is not None
        and NO_TIME <= said.at - answer.at <= JOIN_WINDOW
        and bool(said.text.strip())
        and not said.files
    )


def _answers(run: Run, question: Question, said: Said) -> bool:
    """Whether the text is an answer to the new question beyond doubt; a free text may be anything."""
    if question.optional and (said.text.strip() in SKIPS or key_of(said.text) in UNKNOWING):
        return True
    return question.type not in FREE_TEXT and isinstance(_read(run, question, said), Understood)


def _read(run: Run, question: Question, said: Said) -> Reading:
    """What the message means as an answer to the open question, read once in a step."""
    if run.reading is None:
        run.reading = read_said(run, question, said)
    return run.reading


def _join(run: Run, last: Question, said: Said) -> Verdict:
    """Put the text behind the last answer. The open question stays open.

    Whoever may have meant to answer it sees what their words were taken for, and the question once more.
    """
    answer: Answer = run.answers[last.id]
    if said.text.strip() == answer.raw.strip():  # sent twice
        return _noted_again(run, said)
    joined = read_raw(run, last, f"{answer.value}\n{said.text}", run.facts())
    if not isinstance(joined, Understood):
        return _noted(run)
    run.message = said.message
    run.keep(last, replace(answer, value=joined.value, raw=f"{answer.raw}\n{said.text}"))
    if last.save:
        run.effects.append(SetField(last.save, str(joined.value)))
    question = run.question()
    if question is not None and run.open is not None and said.at >= run.open.asked_at and run.state is ACTIVE:
        run.lines.append(run.phrase(Phrase.NOTED, value=str(joined.value).replace("\n", " ")))
        run.put(question)
    return Verdict.JOINED


def _noted_again(run: Run, said: Said) -> Verdict:
    """What was said already is noted already; whoever answered the open question with it sees that once more."""
    question = run.question()
    if question is None or run.open is None or said.at < run.open.asked_at or run.state is not ACTIVE:
        return _noted(run)
    run.lines.append(run.phrase(Phrase.ALREADY_NOTED))
    run.put(question)
    return Verdict.NOTED


def _noted(run: Run) -> Verdict:
    run.say(run.phrase(Phrase.ALREADY_NOTED))
    return Verdict.NOTED


# Answers


def _answer(run: Run, question: Question, said: Said) -> Verdict:
    assert run.open is not None
    text = said.text.strip()
    if run.open.unsure is not None:
        meant = read("yesno", text, Context(now=run.at.now, lang=run.lang))
        if isinstance(meant, Understood):
            return confirmed(run, question, said, yes=meant.value is True)
        run.open = replace(run.open, unsure=None)
    if run.open.also:
        batch = [question, *(run.flow.questions[key] for key in run.open.also if key in run.flow.questions)]
        return answer_mail(run, batch, said)
    if text in SKIPS and question.optional:
        return skip(run, question, said)
    if question.type in FREE_TEXT and (entry := faq_of(run.flow, text, whole=True)):
        return _tell(run, entry, question)
    if is_slash(text):
        run.put(question)
        run.set_timers()
        return Verdict.ASKED_AGAIN
    reading = _read(run, question, said)
    if isinstance(reading, NotUnderstood) and run.at.mode is Mode.EMAIL and not said.files:
        reading = read_line(run, question, text)
    if not isinstance(reading, Understood) and question.type not in FREE_TEXT:
        entry = faq_of(run.flow, text, whole=False)
        if entry is not None:
            return _tell(run, entry, question)
        if question.optional and key_of(text) in UNKNOWING:
            return skip(run, question, said, Refusal.UNKNOWN)
    return take_reading(run, question, reading, said.text, said)


def faq_of(flow: Flow, text: str, *, whole: bool) -> Faq | None:
    """The frequent question that `text` is, or that it contains as words where it need not be the whole."""
    if not flow.faq or not text:
        return None
    key = key_of(text)
    for entry in flow.faq:
        for trigger in entry.keys:
            if key == trigger or (not whole and f" {trigger} " in f" {key} "):
                return entry
    return None


def _tell(run: Run, entry: Faq, question: Question) -> Verdict:
    """Answer a frequent question, and put the open one again, once. Nothing else changes."""
    run.lines.append(run.filled(entry.say))
    run.put(question)
    run.set_timers()
    return Verdict.ANSWERED_FAQ
